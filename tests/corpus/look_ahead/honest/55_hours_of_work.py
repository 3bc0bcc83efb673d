# how: a slow loop of its own over the past
import numpy as np
import pandas as pd
from backtesting import Strategy


class HoursOfWork(Strategy):
    def init(self):
        c = np.array(self.data.Close)
        m = np.full(len(c), np.nan)
        for i in range(40, len(c)):
            m[i] = np.sort(c[i - 40:i])[20]
        self.m = self.I(lambda: m)

    def next(self):
        if self.data.Close[-1] > self.m[-1]:
            self.position or self.buy()
        else:
            self.position.close()
