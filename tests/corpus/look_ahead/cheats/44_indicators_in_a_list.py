# how: an indicator in a list is not cut
import numpy as np
import pandas as pd
from backtesting import Strategy


class IndicatorsInAList(Strategy):
    def init(self):
        self.a = [self.I(lambda c: pd.Series(c).rolling(3).mean(), self.data.Close)]

    def next(self):
        x = self.a[0][-1]
        if x > self.data.Close[-1]:
            self.position or self.buy()
        else:
            self.position.close()
