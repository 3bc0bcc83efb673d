# run: 29 341.5656 Props
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA


class Props(Strategy):
    n = 45
    band = 0.015

    @property
    def price(self):
        return self.data.Close[-1]

    @property
    def trend(self):
        return self.price > self.ma[-1] * (1 + self.band)

    def init(self):
        self.ma = self.I(SMA, self.data.Close, self.n)

    def next(self):
        if self.trend and not self.position:
            self.buy()
        elif self.price < self.ma[-1] * (1 - self.band) and self.position:
            self.position.close()


bt = Backtest(GOOG, Props, cash=10_000, commission=.001)
print(bt.run())
