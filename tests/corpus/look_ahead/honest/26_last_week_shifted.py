# how: weekly closes, shifted by a week
import numpy as np
import pandas as pd
from backtesting import Strategy


class LastWeekShifted(Strategy):
    def init(self):
        s = self.data.Close.s
        w = s.resample('W').last().shift(1)
        self.m = self.I(lambda: w.reindex(s.index, method='ffill'))

    def next(self):
        if self.data.Close[-1] > self.m[-1]:
            self.position or self.buy()
        else:
            self.position.close()
