# how: segments by a least-squares split of the file
import numpy as np
import pandas as pd
from backtesting import Strategy


class KnowsWhereTrendsTurn(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        k = np.arange(100, n - 100)
        s = np.cumsum(c)
        left = s[k] / (k + 1)
        right = (s[-1] - s[k]) / (n - k - 1)
        self.split = int(k[np.argmax(abs(right - left))])

    def next(self):
        i = len(self.data) - 1
        if i >= self.split and not self.position:
            self.buy(size=0.9)
