# how: signals by np.where
import numpy as np
import pandas as pd
from backtesting import Strategy


class Where(Strategy):
    def init(self):
        c = self.data.Close
        self.s = self.I(lambda c: np.where(pd.Series(c) > pd.Series(c).rolling(15).mean(), 1.0, -1.0), c)

    def next(self):
        if self.s[-1] > 0:
            self.position or self.buy()
        else:
            self.position.close()
