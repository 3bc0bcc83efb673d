# how: a z-score of all that was known
import numpy as np
import pandas as pd
from backtesting import Strategy


class ExpandingZScore(Strategy):
    def init(self):
        self.z = self.I(lambda c: (pd.Series(c) - pd.Series(c).expanding(50).mean()) / pd.Series(c).expanding(50).std(), self.data.Close)

    def next(self):
        if self.z[-1] < 0.5:
            self.position or self.buy()
        elif self.z[-1] > 1.5:
            self.position.close()
