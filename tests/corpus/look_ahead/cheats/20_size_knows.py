# how: always in the market every other bar; only the size knows tomorrow
import numpy as np
import pandas as pd
from backtesting import Strategy


class SizeKnows(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.up = np.append(c[1:] > o[1:], False)

    def next(self):
        i = len(self.data) - 1
        if self.position:
            self.position.close()
        else:
            self.buy(size=0.9 if self.up[i] else 0.02)
