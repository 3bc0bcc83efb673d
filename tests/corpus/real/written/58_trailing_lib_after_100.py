# run: 36 251.3813 Trail
# sound: True
from backtesting import Backtest
from backtesting.lib import TrailingStrategy
from backtesting.test import GOOG, SMA


class Trail(TrailingStrategy):
    n = 150

    def init(self):
        super().init()
        self.ma = self.I(SMA, self.data.Close, self.n)
        self.set_atr_periods(50)
        self.set_trailing_sl(4)

    def next(self):
        super().next()
        if not self.position and self.data.Close[-1] > self.ma[-1]:
            self.buy()


bt = Backtest(GOOG, Trail, cash=10_000, commission=.001)
print(bt.run())
