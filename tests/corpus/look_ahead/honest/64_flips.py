# how: always in the market, one side or the other
import numpy as np
import pandas as pd
from backtesting import Strategy


class Flips(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        if self.data.Close[-1] > self.m[-1]:
            if not self.position.is_long:
                self.position.close()
                self.buy(size=0.5)
        elif not self.position.is_short:
            self.position.close()
            self.sell(size=0.5)
