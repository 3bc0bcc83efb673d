# how: long or short as the file's last close says
import numpy as np
import pandas as pd
from backtesting import Strategy


class SideOfTheWholeFile(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.side = 1 if c[-1] > c[n // 20] else -1

    def next(self):
        if not self.position and len(self.data) % 7 == 0:
            self.buy(size=0.9) if self.side > 0 else self.sell(size=0.9)
        elif self.position and len(self.data) % 7 == 5:
            self.position.close()
