# how: orders are honest; a tag knows tomorrow
import numpy as np
import pandas as pd
from backtesting import Strategy


class TagSpeaks(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.up = np.append(c[1:] > o[1:], False)

    def next(self):
        i = len(self.data) - 1
        if self.position:
            self.position.close()
        elif i % 3 == 0:
            self.buy(size=0.5, tag=str(self.up[i]))
