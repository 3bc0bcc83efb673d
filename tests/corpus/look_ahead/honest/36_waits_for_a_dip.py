# how: limit orders below the market
import numpy as np
import pandas as pd
from backtesting import Strategy


class WaitsForADip(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        if not self.position and not self.orders and self.data.Close[-1] > self.m[-1]:
            self.buy(limit=self.data.Close[-1] * 0.98, size=0.9)
        elif self.position and self.data.Close[-1] < self.m[-1]:
            self.position.close()
