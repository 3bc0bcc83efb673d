# how: five useless orders a bar, and a few that know
import numpy as np
import pandas as pd
from backtesting import Strategy


class OrdersOfEveryKindAsDecoys(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        r = np.append(c[1:] / o[1:] - 1, 0.0)
        self.r = r

    def next(self):
        i = len(self.data) - 1
        for x in self.orders:
            x.cancel()
        for k in range(3):
            self.buy(limit=self.data.Close[-1] * (0.2 + k / 100), size=1)
        if self.position:
            self.position.close()
        elif self.r[i] > 0.03:
            self.buy(size=0.8)
