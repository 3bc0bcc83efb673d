# how: prices scaled to the file's own range
import numpy as np
import pandas as pd
from backtesting import Strategy


class NormalisedByTheFile(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.x = (c - c.min()) / (c.max() - c.min())

    def next(self):
        i = len(self.data) - 1
        if self.x[i] < 0.25:
            self.position or self.buy()
        elif self.x[i] > 0.75:
            self.position.close()
