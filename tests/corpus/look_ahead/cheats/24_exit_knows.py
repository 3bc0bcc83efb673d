# how: honest entries; exits one bar before falls of three per cent
import numpy as np
import pandas as pd
from backtesting import Strategy


def c_over(s):
    return s.data.Close[-1] > s.m[-1]


class ExitKnows(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        r = np.append(c[1:] / o[1:] - 1, 0.0)
        self.bad = r < -0.03
        self.m = self.I(lambda: pd.Series(c).rolling(30).mean())

    def next(self):
        i = len(self.data) - 1
        if self.position and self.bad[i]:
            self.position.close()
        elif not self.position and c_over(self):
            self.buy(size=0.9)
