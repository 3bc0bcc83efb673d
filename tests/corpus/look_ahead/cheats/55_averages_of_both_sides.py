# how: an average that weighs two later bars
import numpy as np
import pandas as pd
from backtesting import Strategy


class AveragesOfBothSides(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        w = np.array([1, 2, 3, 2, 1]) / 9
        self.m = np.convolve(np.pad(c, 2, mode='edge'), w, 'valid')

    def next(self):
        i = len(self.data) - 1
        if self.data.Close[-1] < self.m[i] * 0.995:
            self.position or self.buy()
        elif self.data.Close[-1] > self.m[i]:
            self.position.close()
