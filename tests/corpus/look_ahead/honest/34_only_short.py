# how: goes short
import numpy as np
import pandas as pd
from backtesting import Strategy


class OnlyShort(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        if self.data.Close[-1] < self.m[-1]:
            self.position or self.sell(size=0.5)
        else:
            self.position.close()
