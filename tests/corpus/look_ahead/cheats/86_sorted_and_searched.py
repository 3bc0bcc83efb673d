# how: percentiles against all closes by a sorted list
import numpy as np
import pandas as pd
from backtesting import Strategy


class SortedAndSearched(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.s = np.sort(c)

    def next(self):
        p = np.searchsorted(self.s, self.data.Close[-1]) / len(self.s)
        if p < 0.3:
            self.position or self.buy(size=0.9)
        elif p > 0.8:
            self.position.close()
