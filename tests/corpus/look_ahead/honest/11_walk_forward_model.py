# how: fits on past rows only, with labels made for all
import numpy as np
import pandas as pd
from backtesting import Strategy


class WalkForwardModel(Strategy):
    def init(self):
        c = np.array(self.data.Close)
        self.x = np.column_stack([np.ones(len(c)), pd.Series(c).pct_change().fillna(0), pd.Series(c).pct_change(5).fillna(0)])
        self.y = np.append(c[1:] / c[:-1] - 1, 0)
        self.w = None

    def next(self):
        i = len(self.data) - 1
        if i > 100 and i % 50 == 0:
            self.w = np.linalg.lstsq(self.x[i - 100:i - 1], self.y[i - 100:i - 1], rcond=None)[0]
        if self.w is not None:
            p = self.x[i] @ self.w
            if p > 0 and not self.position:
                self.buy()
            elif p < 0 and self.position:
                self.position.close()
