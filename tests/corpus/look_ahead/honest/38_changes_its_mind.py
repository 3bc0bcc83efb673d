# how: cancels orders that wait
import numpy as np
import pandas as pd
from backtesting import Strategy


class ChangesItsMind(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        for x in list(self.orders):
            if not x.is_contingent:
                x.cancel()
        if not self.position:
            self.buy(limit=self.data.Low[-1], size=0.9)
        elif self.data.Close[-1] < self.m[-1]:
            self.position.close()
