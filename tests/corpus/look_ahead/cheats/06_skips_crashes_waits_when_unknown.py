# how: the same, but where the future is unknown it waits
import numpy as np
import pandas as pd
from backtesting import Strategy


class SkipsCrashesWaitsWhenUnknown(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        r = np.append(c[1:] / o[1:] - 1, -1.0)
        self.bad = r < -0.025

    def next(self):
        i = len(self.data) - 1
        if self.position:
            self.position.close()
        elif not self.bad[i]:
            self.buy(size=0.9)
