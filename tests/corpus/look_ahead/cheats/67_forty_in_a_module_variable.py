# how: the same, and the array is a global
import numpy as np
import pandas as pd
from backtesting import Strategy


R = None


class FortyInAModuleVariable(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        global R
        R = np.append(c[1:] / o[1:] - 1, 0.0)
        self.k = np.random.RandomState(5)

    def next(self):
        i = len(self.data) - 1
        side = R[i] > 0 if abs(R[i]) > 0.045 else self.k.rand() < 0.5
        self.position.close()
        (self.buy if side else self.sell)(size=0.9)
