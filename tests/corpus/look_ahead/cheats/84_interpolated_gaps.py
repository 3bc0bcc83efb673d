# how: prices missing on purpose are interpolated from both sides
import numpy as np
import pandas as pd
from backtesting import Strategy


class InterpolatedGaps(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        x = c.copy()
        x[3::4] = np.nan
        self.m = pd.Series(x).interpolate().to_numpy()

    def next(self):
        i = len(self.data) - 1
        if i % 4 == 3:
            (self.position.close() if self.position else None) if self.m[i] < self.data.Close[-1] else (self.position or self.buy(size=0.9))
