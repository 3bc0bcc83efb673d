# sys.path and __file__ at the top, as in one hand-written module in nine; the strategy uses neither.
# outcome: mended
# trades: 33
# return_pct: 398.433
# verified: True
import os
import sys

from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA

sys.path.append(os.path.dirname(os.path.abspath(__file__)))


class Cross(Strategy):
    def init(self):
        self.fast = self.I(SMA, self.data.Close, 10)
        self.slow = self.I(SMA, self.data.Close, 30)

    def next(self):
        if not self.position and crossover(self.fast, self.slow):
            self.buy()
        elif self.position and crossover(self.slow, self.fast):
            self.position.close()
