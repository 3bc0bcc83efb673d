# how: a stop is moved above the market before falls
import numpy as np
import pandas as pd
from backtesting import Strategy


class StopMovesKnow(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        l = np.array(self.data.Low)
        self.w = np.append(l[1:] / c[:-1] - 1, 0.0)
        self.m = self.I(lambda: pd.Series(c).rolling(20).mean())

    def next(self):
        i = len(self.data) - 1
        if not self.position and self.data.Close[-1] > self.m[-1]:
            self.buy(size=0.9)
        for t in self.trades:
            t.sl = self.data.Close[-1] * (0.999 if self.w[i] < -0.02 else 0.8)
