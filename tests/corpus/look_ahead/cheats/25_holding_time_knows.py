# how: the holding time is the best of the next twenty bars
import numpy as np
import pandas as pd
from backtesting import Strategy


class HoldingTimeKnows(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.k = np.array([int(np.argmax(c[i + 1:i + 21])) + 1 if i + 1 < n else 0 for i in range(n)])
        self.until = 0

    def next(self):
        i = len(self.data) - 1
        if not self.position and i % 21 == 0:
            self.buy(size=0.9)
            self.until = i + self.k[i]
        elif self.position and i >= self.until:
            self.position.close()
