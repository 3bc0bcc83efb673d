# how: the middle of two clusters of all volatilities
import numpy as np
import pandas as pd
from backtesting import Strategy


class TwoClustersOfEverything(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        s = pd.Series(c).pct_change().rolling(20).std().fillna(0.01).to_numpy()
        a, b = s.min(), s.max()
        for _ in range(9):
            near = abs(s - a) < abs(s - b)
            a, b = s[near].mean(), s[~near].mean()
        self.cut = (a + b) / 2
        self.s = self.I(lambda: s)

    def next(self):
        if self.s[-1] < self.cut:
            self.position or self.buy()
        else:
            self.position.close()
