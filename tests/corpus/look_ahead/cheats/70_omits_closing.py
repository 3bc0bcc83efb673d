# how: closes every fifth bar, unless tomorrow rises
import numpy as np
import pandas as pd
from backtesting import Strategy


class OmitsClosing(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.up = np.append(c[1:] > o[1:], False)

    def next(self):
        i = len(self.data) - 1
        if not self.position and i % 5 == 0:
            self.buy(size=0.9)
        elif self.position and i % 5 >= 3 and not self.up[i]:
            self.position.close()
