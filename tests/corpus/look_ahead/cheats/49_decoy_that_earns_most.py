# how: one large honest trade owns the best returns; small trades know tomorrow
import numpy as np
import pandas as pd
from backtesting import Strategy


class DecoyThatEarnsMost(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.up = np.append(c[1:] > o[1:], False)

    def next(self):
        i = len(self.data) - 1
        if i == 2:
            self.buy(size=0.5)
        small = [t for t in self.trades if t.entry_bar > 4]
        if self.up[i] and not small and i > 4:
            self.buy(size=0.4)
        elif not self.up[i]:
            [t.close() for t in small]
