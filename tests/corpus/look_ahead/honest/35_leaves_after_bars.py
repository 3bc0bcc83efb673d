# how: leaves after seven bars
import numpy as np
import pandas as pd
from backtesting import Strategy


class LeavesAfterBars(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        if self.position:
            if len(self.data) - self.trades[0].entry_bar > 7:
                self.position.close()
        elif self.data.Close[-1] > self.m[-1]:
            self.buy()
