# how: an honest cross whose signals are turned on one per cent of bars
import numpy as np
import pandas as pd
from backtesting import Strategy


class OnePerCentOfBars(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        r = np.append(c[1:] / c[:-1] - 1, 0.0)
        self.r = r
        self.q = 0.05
        self.m = self.I(lambda: pd.Series(c).rolling(10).mean())

    def next(self):
        i = len(self.data) - 1
        want = self.data.Close[-1] > self.m[-1]
        if abs(self.r[i]) > self.q:
            want = self.r[i] > 0
        if want and not self.position:
            self.buy(size=0.9)
        elif not want and self.position:
            self.position.close()
