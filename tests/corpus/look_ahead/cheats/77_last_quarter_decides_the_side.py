# how: the side by the mean of the last quarter against the first bars
import numpy as np
import pandas as pd
from backtesting import Strategy


class LastQuarterDecidesTheSide(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.s = 1 if c[-n // 4:].mean() > c[:30].mean() else -1

    def next(self):
        i = len(self.data) - 1
        if i % 20 == 0:
            self.position.close()
            (self.buy if self.s > 0 else self.sell)(size=0.9)
