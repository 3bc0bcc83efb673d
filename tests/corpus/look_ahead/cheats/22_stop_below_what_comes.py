# how: a stop that the next ten bars just miss
import numpy as np
import pandas as pd
from backtesting import Strategy


class StopBelowWhatComes(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        l = np.array(self.data.Low)
        self.l = np.array([l[i + 1:i + 11].min() if i + 1 < n else np.nan for i in range(n)])

    def next(self):
        i = len(self.data) - 1
        if not self.position and i % 11 == 0:
            sl = self.l[i] * 0.999
            self.buy(sl=sl if sl < self.data.Close[-1] else None, size=0.9)
        elif self.position and i % 11 == 10:
            self.position.close()
