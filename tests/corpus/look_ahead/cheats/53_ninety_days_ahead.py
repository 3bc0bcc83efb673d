# how: the direction of the next quarter, asked four times a year
import numpy as np
import pandas as pd
from backtesting import Strategy


class NinetyDaysAhead(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.q = np.array([c[min(i + 63, n - 1)] > c[i] for i in range(n)])

    def next(self):
        i = len(self.data) - 1
        if i % 63 == 0:
            self.position.close()
            (self.buy if self.q[i] else self.sell)(size=0.9)
