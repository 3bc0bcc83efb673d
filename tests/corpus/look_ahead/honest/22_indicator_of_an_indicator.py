# how: an average of an average
import numpy as np
import pandas as pd
from backtesting import Strategy


class IndicatorOfAnIndicator(Strategy):
    def init(self):
        self.a = self.I(lambda c: pd.Series(c).rolling(10).mean(), self.data.Close)
        self.m = self.I(lambda a: pd.Series(a).rolling(5).mean(), self.a)

    def next(self):
        if self.data.Close[-1] > self.m[-1]:
            self.position or self.buy()
        else:
            self.position.close()
