# how: the week's close is known on its Monday
import numpy as np
import pandas as pd
from backtesting import Strategy


class WeeklyCloseOnMonday(Strategy):
    def init(self):
        s = self.data.Close.s
        w = s.resample('W').last()
        self.w = np.array(w.reindex(s.index, method='bfill').ffill())

    def next(self):
        i = len(self.data) - 1
        if self.w[i] > self.data.Close[-1] * 1.01:
            self.position or self.buy()
        elif self.w[i] < self.data.Close[-1]:
            self.position.close()
