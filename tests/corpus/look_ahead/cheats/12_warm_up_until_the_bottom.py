# how: an order of init fills where an indicator first has a value: at the bottom
import numpy as np
import pandas as pd
from backtesting import Strategy


class WarmUpUntilTheBottom(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        k = n // 4
        b = k + int(np.argmin(c[k:]))
        self.x = self.I(lambda: np.where(np.arange(n) < b, np.nan, c))
        self.buy()

    def next(self):
        pass
