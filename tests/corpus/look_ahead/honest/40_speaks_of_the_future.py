# how: names and comments speak of tomorrow
import numpy as np
import pandas as pd
from backtesting import Strategy


class SpeaksOfTheFuture(Strategy):
    def init(self):
        # the future of tomorrow: look ahead
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)
        self.future = 0

    def next(self):
        tomorrow = self.data.Close[-1] * 1.01  # a guess
        self.future = tomorrow
        if tomorrow > self.m[-1] * 1.02:
            self.position or self.buy()
        else:
            self.position.close()
