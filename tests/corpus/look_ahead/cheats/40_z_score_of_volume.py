# how: volume against the mean and spread of the whole file
import numpy as np
import pandas as pd
from backtesting import Strategy


class ZScoreOfVolume(Strategy):
    def init(self):
        v = np.array(self.data.Volume, dtype=float)
        self.z = (v - v.mean()) / v.std()

    def next(self):
        i = len(self.data) - 1
        if self.z[i] > 1.2:
            self.position or self.buy()
        elif self.z[i] < -0.8:
            self.position.close()
