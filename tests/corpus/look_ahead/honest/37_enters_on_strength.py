# how: stop entries
import numpy as np
import pandas as pd
from backtesting import Strategy


class EntersOnStrength(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        if not self.position and not self.orders:
            self.buy(stop=self.data.High[-1] * 1.01, size=0.9)
        elif self.position and self.data.Close[-1] < self.m[-1]:
            self.position.close()
