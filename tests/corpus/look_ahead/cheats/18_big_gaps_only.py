# how: acts only before gaps of two per cent
import numpy as np
import pandas as pd
from backtesting import Strategy


class BigGapsOnly(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        g = np.append(o[1:] / c[:-1] - 1, 0.0)
        self.g = g

    def next(self):
        i = len(self.data) - 1
        if self.position:
            self.position.close()
        elif self.g[i] > 0.02:
            self.sell(size=0.5)
