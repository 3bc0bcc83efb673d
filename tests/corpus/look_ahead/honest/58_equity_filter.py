# how: trades less when its own account falls
import numpy as np
import pandas as pd
from backtesting import Strategy


class EquityFilter(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)
        self.top = 0

    def next(self):
        self.top = max(self.top, self.equity)
        if self.data.Close[-1] > self.m[-1] and not self.position:
            self.buy(size=0.9 if self.equity > self.top * 0.9 else 0.3)
        elif self.data.Close[-1] < self.m[-1]:
            self.position.close()
