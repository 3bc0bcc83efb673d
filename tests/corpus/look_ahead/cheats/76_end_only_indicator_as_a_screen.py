# how: an indicator that knows only the end beside one that knows more
import numpy as np
import pandas as pd
from backtesting import Strategy


class EndOnlyIndicatorAsAScreen(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.s = self.I(lambda: np.arange(n) / n)
        self.z = self.I(lambda: np.append(c[1:] > c[:-1], False).astype(float))

    def next(self):
        if self.z[-1]:
            self.position or self.buy()
        else:
            self.position.close()
