# how: stays out of the worst month
import numpy as np
import pandas as pd
from backtesting import Strategy


class AvoidsTheWorstMonth(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        m = pd.Series(c, index=self.data.index)
        g = m.resample('ME').last().pct_change()
        self.worst = g.idxmin()

    def next(self):
        t = self.data.index[-1]
        if (t.year, t.month) == (self.worst.year, self.worst.month):
            self.position.close()
        elif not self.position:
            self.buy(size=0.9)
