# how: two seconds a run, and rare
import numpy as np
import pandas as pd
from backtesting import Strategy


class SlowAndRare(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        import time
        time.sleep(1.5)
        r = np.append(c[1:] / o[1:] - 1, 0.0)
        self.big = r > 0.05

    def next(self):
        i = len(self.data) - 1
        if self.position:
            self.position.close()
        elif self.big[i] or i % 40 == 0:
            self.buy(size=0.9)
