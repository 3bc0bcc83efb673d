# backtesting.lib.TrailingStrategy as its documentation shows it.
# outcome: mended
# trades: 74
# return_pct: 157.330
# verified: True
from backtesting.lib import TrailingStrategy, crossover
from backtesting.test import SMA


class Trail(TrailingStrategy):
    def init(self):
        super().init()
        self.set_trailing_sl(2)
        self.fast = self.I(SMA, self.data.Close, 5)
        self.slow = self.I(SMA, self.data.Close, 10)

    def next(self):
        super().next()
        if not self.position and crossover(self.fast, self.slow):
            self.buy()
