# how: an order before the first bar
import numpy as np
import pandas as pd
from backtesting import Strategy


class OrderInInit(Strategy):
    def init(self):
        self.buy(size=0.5)
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        if self.data.Close[-1] < self.m[-1] * 0.9:
            self.position.close()
