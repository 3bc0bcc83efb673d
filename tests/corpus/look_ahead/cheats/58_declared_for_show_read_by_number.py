# how: a declared indicator of tomorrow is read through its own array, rarely
import numpy as np
import pandas as pd
from backtesting import Strategy


class DeclaredForShowReadByNumber(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.z = self.I(lambda: np.append(c[1:] / c[:-1] - 1, np.nan))

    def next(self):
        z = self.z[-1]
        if self.position:
            self.position.close()
        elif z > 0.06:
            self.buy(size=0.9)
