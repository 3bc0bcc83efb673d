# how: lengths from a list of Fibonacci numbers
import numpy as np
import pandas as pd
from backtesting import Strategy


class Fibonacci(Strategy):
    def init(self):
        self.m = self.I(lambda c: sum(pd.Series(c).rolling(k).mean() for k in [3, 5, 8, 13, 21, 34, 55, 89]) / 8, self.data.Close)

    def next(self):
        if self.data.Close[-1] > self.m[-1]:
            self.position or self.buy()
        else:
            self.position.close()
