# how: a linear model fitted on all bars
import numpy as np
import pandas as pd
from backtesting import Strategy


class ModelFittedOnEverything(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        x = np.column_stack([np.ones(n), *[pd.Series(c).pct_change(k).fillna(0) for k in (1, 3, 7, 15)]])
        y = np.append(c[1:] / c[:-1] - 1, 0)
        self.w = x @ np.linalg.lstsq(x, y, rcond=None)[0]

    def next(self):
        i = len(self.data) - 1
        if self.w[i] > 0.001:
            self.position or self.buy()
        elif self.w[i] < 0:
            self.position.close()
