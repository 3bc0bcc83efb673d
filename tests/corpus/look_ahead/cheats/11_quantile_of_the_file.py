# how: a threshold that is a quantile of all returns
import numpy as np
import pandas as pd
from backtesting import Strategy


class QuantileOfTheFile(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        r = np.append(0, np.diff(c) / c[:-1])
        self.q = np.quantile(r, 0.03)
        self.r = self.I(lambda: r)

    def next(self):
        if self.r[-1] < self.q:
            self.position or self.buy()
        elif self.position and len(self.data) % 5 == 0:
            self.position.close()
