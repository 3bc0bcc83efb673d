# how: the mean of each weekday over the whole file
import numpy as np
import pandas as pd
from backtesting import Strategy


class DailyStatisticTable(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        d = self.data.index.dayofweek
        r = pd.Series(np.append(c[1:] / c[:-1] - 1, 0), index=d)
        self.t = r.groupby(level=0).mean().to_dict()

    def next(self):
        if self.position:
            self.position.close()
        elif self.t[self.data.index[-1].dayofweek] > 0.0008:
            self.buy(size=0.9)
