# how: rolling with a function
import numpy as np
import pandas as pd
from backtesting import Strategy


class RollingApply(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(15).apply(np.median, raw=True), self.data.Close)

    def next(self):
        if self.data.Close[-1] > self.m[-1]:
            self.position or self.buy()
        else:
            self.position.close()
