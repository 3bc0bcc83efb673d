# how: the highest high before today
import numpy as np
import pandas as pd
from backtesting import Strategy


class Donchian(Strategy):
    def init(self):
        self.m = self.I(lambda h: pd.Series(h).rolling(20).max().shift(1), self.data.High)
        self.l = self.I(lambda l: pd.Series(l).rolling(10).min().shift(1), self.data.Low)

    def next(self):
        if self.data.Close[-1] > self.m[-1]:
            self.position or self.buy()
        elif self.data.Close[-1] < self.l[-1]:
            self.position.close()
