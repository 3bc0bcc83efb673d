# Seeded global.
# outcome: mended
# trades: 72
# return_pct: 76.976
# verified: True
import random
import numpy as np
from backtesting import Backtest, Strategy
from backtesting.test import GOOG
random.seed(42)
np.random.seed(7)
class Rand(Strategy):
    def init(self):
        self.n = 0
    def next(self):
        self.n += 1
        if self.position:
            if random.random() < 0.1:
                self.position.close()
        elif np.random.rand() < 0.05:
            self.buy()
bt = Backtest(GOOG, Rand, cash=10000, commission=.002)
print(bt.run())
