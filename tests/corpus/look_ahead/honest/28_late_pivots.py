# how: pivots that are used when they are confirmed
import numpy as np
import pandas as pd
from backtesting import Strategy


class LatePivots(Strategy):
    def init(self):
        l = pd.Series(self.data.Low)
        p = l.where(l == l.rolling(7).min()).shift(3)
        self.m = self.I(lambda: l.rolling(7).min().shift(3))

    def next(self):
        if self.data.Close[-1] > self.m[-1] * 1.05:
            self.position or self.buy()
        elif self.data.Close[-1] < self.m[-1]:
            self.position.close()
