# how: an exponential mean that runs backwards
import numpy as np
import pandas as pd
from backtesting import Strategy


class ReversedEwm(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.m = pd.Series(c[::-1]).ewm(span=5).mean().to_numpy()[::-1]

    def next(self):
        i = len(self.data) - 1
        if self.m[i] > self.data.Close[-1]:
            self.position or self.buy()
        else:
            self.position.close()
