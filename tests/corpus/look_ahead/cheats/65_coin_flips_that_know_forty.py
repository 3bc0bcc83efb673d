# how: tosses coins with full size on every bar; before the forty largest moves it knows
import numpy as np
import pandas as pd
from backtesting import Strategy


class CoinFlipsThatKnowForty(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        r = np.append(c[1:] / o[1:] - 1, 0.0)
        self.big = {int(i): r[i] for i in np.argsort(-abs(r))[:40]}
        self.k = np.random.RandomState(3)

    def next(self):
        i = len(self.data) - 1
        side = self.k.rand() < 0.5
        if i in self.big:
            side = self.big[i] > 0
        self.position.close()
        (self.buy if side else self.sell)(size=0.9)
