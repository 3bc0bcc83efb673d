# how: a ramp by the number of bars sizes nothing and is only shown
import numpy as np
import pandas as pd
from backtesting import Strategy


class ScaledByItsLength(Strategy):
    def init(self):
        n = len(self.data)
        self.r = np.linspace(0, 1, n)
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        if self.data.Close[-1] > self.m[-1]:
            self.position or self.buy()
        else:
            self.position.close()
