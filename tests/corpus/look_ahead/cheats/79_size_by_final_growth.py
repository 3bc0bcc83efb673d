# how: the size is the file's final growth, capped
import numpy as np
import pandas as pd
from backtesting import Strategy


class SizeByFinalGrowth(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.s = min(0.9, max(0.1, c[-1] / c[0] / 10))

    def next(self):
        i = len(self.data) - 1
        if i % 30 == 0 and not self.position:
            self.buy(size=self.s)
        elif i % 30 == 15:
            self.position.close()
