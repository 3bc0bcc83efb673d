# how: cheats on Mondays
import numpy as np
import pandas as pd
from backtesting import Strategy


class CheatsOnMondays(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.up = np.append(c[1:] > o[1:], False)

    def next(self):
        i = len(self.data) - 1
        if self.position:
            self.position.close()
        elif self.data.index[-1].dayofweek == 0 and self.up[i]:
            self.buy(size=0.9)
        elif self.data.index[-1].dayofweek == 2:
            self.buy(size=0.1)
