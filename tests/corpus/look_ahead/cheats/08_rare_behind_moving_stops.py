# how: exits know crashes; a stop of another trade moves on every bar
import numpy as np
import pandas as pd
from backtesting import Strategy


class RareBehindMovingStops(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        r = np.append(c[1:] / o[1:] - 1, 0.0)
        self.bad = r < -0.03

    def next(self):
        i = len(self.data) - 1
        for t in self.trades:
            if t.size == 1:
                t.sl = 1 + i * 1e-6
        big = [t for t in self.trades if t.size > 1]
        if i < 3:
            self.buy(size=1)
        elif self.bad[i]:
            [t.close() for t in big]
        elif not big:
            self.buy(size=0.9)
