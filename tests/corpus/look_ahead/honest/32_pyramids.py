# how: adds to winners
import numpy as np
import pandas as pd
from backtesting import Strategy


class Pyramids(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        if self.data.Close[-1] > self.m[-1] and len(self.trades) < 4 and len(self.data) % 5 == 0:
            self.buy(size=0.2)
        elif self.data.Close[-1] < self.m[-1]:
            self.position.close()
