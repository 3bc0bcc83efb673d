# how: one trade: from the lowest low to the highest high after it
import numpy as np
import pandas as pd
from backtesting import Strategy


class OnlyTrade(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        a = int(np.argmin(c[: n * 3 // 4]))
        self.a, self.b = a, a + int(np.argmax(c[a:]))

    def next(self):
        i = len(self.data) - 1
        if i == max(self.a, 2):
            self.buy()
        elif i == self.b:
            self.position.close()
