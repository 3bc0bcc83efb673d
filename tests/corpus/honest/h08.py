from backtesting.lib import TrailingStrategy, crossover
from backtesting.test import SMA


class TrailingAtr(TrailingStrategy):
    def init(self):
        super().init()
        super().set_trailing_sl(4)
        self.fast = self.I(SMA, self.data.Close, 20)
        self.slow = self.I(SMA, self.data.Close, 50)

    def next(self):
        super().next()
        if not self.position and crossover(self.fast, self.slow):
            self.buy()
