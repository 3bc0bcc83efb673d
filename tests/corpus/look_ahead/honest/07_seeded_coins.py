# how: tosses coins with a seed
import numpy as np
import pandas as pd
from backtesting import Strategy


class SeededCoins(Strategy):
    def init(self):
        self.r = np.random.RandomState(7)

    def next(self):
        if self.r.rand() < 0.1:
            if self.position:
                self.position.close()
            else:
                self.buy(size=0.9)
