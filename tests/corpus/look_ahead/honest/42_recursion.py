# how: an average by recursion
import numpy as np
import pandas as pd
from backtesting import Strategy


class Recursion(Strategy):
    def init(self):
        pass

    def next(self):
        def mean(x, k):
            return x[-k] / 10 + mean(x, k - 1) if k else 0.0
        if len(self.data) > 10:
            if self.data.Close[-1] > mean(self.data.Close, 10):
                self.position or self.buy()
            else:
                self.position.close()
