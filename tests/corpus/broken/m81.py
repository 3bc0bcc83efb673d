# expect: state/random_or_clock
# intent: Buy when SMA 10 crosses above SMA 20, sell when it crosses below, long only, all in.
# ends: mended
from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA
import numpy as np


class SmaCross(Strategy):
    def init(self):
        self.sma1 = self.I(SMA, self.data.Close, 10)
        self.sma2 = self.I(SMA, self.data.Close, 20)

    def next(self):
        if not self.position and crossover(self.sma1, self.sma2) and np.random.rand() > 0.3:
            self.buy()
        elif self.position and crossover(self.sma2, self.sma1):
            self.position.close()
