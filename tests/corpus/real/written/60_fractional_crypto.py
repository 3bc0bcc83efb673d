# run: 42 155.0139 Frac
# sound: True
from backtesting.lib import FractionalBacktest
from backtesting import Strategy
from backtesting.test import GOOG, SMA


class Frac(Strategy):
    def init(self):
        self.m = self.I(SMA, self.data.Close, 100)

    def next(self):
        if not self.position and self.data.Close[-1] > self.m[-1]:
            self.buy()
        elif self.position and self.data.Close[-1] < self.m[-1]:
            self.position.close()


bt = FractionalBacktest(GOOG, Frac, cash=500, commission=.001, fractional_unit=0.001)
print(bt.run())
