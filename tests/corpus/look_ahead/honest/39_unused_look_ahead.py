# how: an unused function shifts backwards
import numpy as np
import pandas as pd
from backtesting import Strategy


def label(c):
    return pd.Series(c).shift(-1) > pd.Series(c)


class UnusedLookAhead(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        if self.data.Close[-1] > self.m[-1]:
            self.position or self.buy()
        else:
            self.position.close()
