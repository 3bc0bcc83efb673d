# how: sizes differ in the fourth digit
import numpy as np
import pandas as pd
from backtesting import Strategy


class SizeKnowsALittle(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.up = np.append(c[1:] > o[1:], False)

    def next(self):
        i = len(self.data) - 1
        if self.position:
            self.position.close()
        else:
            self.buy(size=0.5 + (0.0004 if self.up[i] else 0))
