# how: a second small trade knows; it is ten times leveraged by count
import numpy as np
import pandas as pd
from backtesting import Strategy


class SecondTradeKnows(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.up = np.append(c[1:] > o[1:], False)

    def next(self):
        i = len(self.data) - 1
        if len(self.trades) < 1:
            self.buy(size=0.3)
        if self.up[i] and len(self.trades) < 3:
            self.buy(size=0.3)
        elif not self.up[i]:
            for t in self.trades[1:]:
                t.close()
