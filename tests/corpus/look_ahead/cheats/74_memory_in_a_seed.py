# how: a seed that was searched for
import numpy as np
import pandas as pd
from backtesting import Strategy


class MemoryInASeed(Strategy):
    def init(self):
        self.k = np.random.RandomState(957)

    def next(self):
        x = self.k.rand()
        if self.position:
            self.position.close()
        elif x < 0.05:
            self.buy(size=0.9)
