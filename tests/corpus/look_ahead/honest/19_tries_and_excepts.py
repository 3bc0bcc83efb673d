# how: catches its own errors
import numpy as np
import pandas as pd
from backtesting import Strategy


class TriesAndExcepts(Strategy):
    def init(self):
        pass

    def next(self):
        try:
            m = np.mean(self.data.Close[-50:])
            1 / (len(self.data) % 5)
        except ZeroDivisionError:
            m = np.inf
        if self.data.Close[-1] > m and not self.position:
            self.buy()
        elif self.position and len(self.data) % 20 == 0:
            self.position.close()
