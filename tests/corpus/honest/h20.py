from backtesting import Strategy
from backtesting.lib import barssince, cross, crossover
from backtesting.test import SMA


class Waits(Strategy):
    def init(self):
        self.fast = self.I(SMA, self.data.Close, 10)
        self.slow = self.I(SMA, self.data.Close, 30)

    def next(self):
        above = self.fast > self.slow
        if not self.position and above[-1] and barssince(above == False) == 3:  # noqa: E712
            self.buy(tag='third bar above')
        elif self.position and cross(self.fast, self.slow):
            self.position.close()
