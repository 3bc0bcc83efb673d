# how: a filter by a loop
import numpy as np
import pandas as pd
from backtesting import Strategy


class Kalman(Strategy):
    def init(self):
        c = np.array(self.data.Close)
        e = c.copy()
        p = 1.0
        for i in range(1, len(c)):
            p += 0.01
            k = p / (p + 1)
            e[i] = e[i - 1] + k * (c[i] - e[i - 1])
            p *= 1 - k
        self.m = self.I(lambda: e)

    def next(self):
        if self.data.Close[-1] > self.m[-1]:
            self.position or self.buy()
        else:
            self.position.close()
