# how: stop and target
import numpy as np
import pandas as pd
from backtesting import Strategy


class Brackets(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        p = self.data.Close[-1]
        if not self.position and p > self.m[-1]:
            self.buy(sl=p * 0.95, tp=p * 1.1)
