# expect: look_ahead/fitted_on_everything
# intent: Linear regression on the last 5 returns predicts the next one; long if positive.
# ends: detected
from backtesting import Strategy
import numpy as np
import pandas as pd


class Model(Strategy):
    def init(self):
        r = pd.Series(self.data.Close).pct_change().fillna(0)
        X = pd.concat([r.shift(k) for k in range(1, 6)], axis=1).fillna(0).values
        y = r.values
        coef, *_ = np.linalg.lstsq(X, y, rcond=None)
        self.pred = self.I(lambda: X @ coef)

    def next(self):
        if not self.position and self.pred[-1] > 0:
            self.buy()
        elif self.position and self.pred[-1] < 0:
            self.position.close()
