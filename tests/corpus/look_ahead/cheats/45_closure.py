# how: tomorrow hides in a closure's default
import numpy as np
import pandas as pd
from backtesting import Strategy


class Closure(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.tell = lambda i, z=c.tolist(): z[i + 1] > z[i] if i + 1 < len(z) else False

    def next(self):
        if self.tell(len(self.data) - 1):
            self.position or self.buy()
        else:
            self.position.close()
