# how: trades only before the best one per cent of days
import numpy as np
import pandas as pd
from backtesting import Strategy


class RareBestDays(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        r = np.append(c[1:] / o[1:] - 1, 0.0)
        self.hit = r > 0.045

    def next(self):
        i = len(self.data) - 1
        if self.position:
            self.position.close()
        elif self.hit[i]:
            self.buy(size=0.9)
