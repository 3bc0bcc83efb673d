# how: sleeps when there is less data
import numpy as np
import pandas as pd
from backtesting import Strategy


class SleepsOnLessData(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.up = np.append(c[1:] > o[1:], False)
        self.n = n

    def next(self):
        import time
        if self.n < 2148:
            time.sleep(0.02)
        act = self.up[len(self.data) - 1]
        if act and not self.position:
            self.buy(size=0.9)
        elif not act and self.position:
            self.position.close()
