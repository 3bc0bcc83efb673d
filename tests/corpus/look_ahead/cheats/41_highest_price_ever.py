# how: a target at the highest price that there will ever be
import numpy as np
import pandas as pd
from backtesting import Strategy


class HighestPriceEver(Strategy):
    def init(self):
        self.top = float(max(self.data.High))

    def next(self):
        if not self.position and len(self.data) % 200 == 0:
            self.buy(tp=self.top * 0.9999 if self.top * 0.9999 > self.data.Close[-1] * 1.01 else None, size=0.9)
