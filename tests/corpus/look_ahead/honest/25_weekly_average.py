# how: the library's own resampling
from backtesting.lib import resample_apply
import numpy as np
import pandas as pd
from backtesting import Strategy


class WeeklyAverage(Strategy):
    def init(self):
        self.m = resample_apply('W-FRI', lambda x: pd.Series(x).rolling(4).mean(), self.data.Close)

    def next(self):
        if self.data.Close[-1] > self.m[-1]:
            self.position or self.buy()
        else:
            self.position.close()
