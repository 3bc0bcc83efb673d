# how: knows tomorrow on every thirtieth bar
import numpy as np
import pandas as pd
from backtesting import Strategy


class OneBarInThirty(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.up = np.append(c[1:] > o[1:], False)

    def next(self):
        i = len(self.data) - 1
        if self.position and i % 30 == 5:
            self.position.close()
        elif i % 30 == 0:
            (self.buy if self.up[i] else self.sell)(size=0.9)
