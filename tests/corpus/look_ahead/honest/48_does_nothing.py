# how: never trades
import numpy as np
import pandas as pd
from backtesting import Strategy


class DoesNothing(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        pass
