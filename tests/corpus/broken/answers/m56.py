from backtesting import Strategy
import numpy as np


class Model(Strategy):
    lags = 5

    def init(self):
        pass

    def next(self):
        n = len(self.data)
        if n < 100:
            return
        close = np.asarray(self.data.Close)
        r = np.diff(close) / close[:-1]
        X = np.column_stack([r[self.lags - k - 1:len(r) - k - 1] for k in range(self.lags)])
        coef, *_ = np.linalg.lstsq(X, r[self.lags:], rcond=None)
        forecast = float(r[::-1][:self.lags] @ coef)
        if not self.position and forecast > 0:
            self.buy()
        elif self.position and forecast < 0:
            self.position.close()
