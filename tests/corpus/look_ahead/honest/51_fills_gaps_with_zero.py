# how: gaps filled with zero and from before
import numpy as np
import pandas as pd
from backtesting import Strategy


class FillsGapsWithZero(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean().fillna(0).ffill(), self.data.Close)

    def next(self):
        if self.data.Close[-1] > self.m[-1]:
            self.position or self.buy()
        else:
            self.position.close()
