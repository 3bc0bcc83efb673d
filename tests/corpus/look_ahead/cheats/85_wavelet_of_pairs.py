# how: pairs of bars are averaged, the second is known at the first
import numpy as np
import pandas as pd
from backtesting import Strategy


class WaveletOfPairs(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        x = c[: n // 2 * 2].reshape(-1, 2).mean(axis=1).repeat(2)
        self.m = np.append(x, c[len(x):])

    def next(self):
        i = len(self.data) - 1
        if self.m[i] > self.data.Close[-1]:
            self.position or self.buy(size=0.9)
        else:
            self.position.close()
