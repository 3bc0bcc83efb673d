# how: honest until bar 1,700
import numpy as np
import pandas as pd
from backtesting import Strategy


class LateCheat(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.up = np.append(c[1:] > o[1:], False)
        self.m = self.I(lambda: pd.Series(c).rolling(10).mean())

    def next(self):
        i = len(self.data) - 1
        want = self.up[i] if i > 1700 else self.data.Close[-1] > self.m[-1]
        if want and not self.position:
            self.buy(size=0.9)
        elif not want and self.position:
            self.position.close()
