import numpy as np
from backtesting import Strategy


class WalkForward(Strategy):
    """A regression fitted again on the bars so far."""

    lags = 5
    every = 50

    def init(self):
        self.beta = None

    def next(self):
        n = len(self.data)
        if n < 200:
            return
        if self.beta is None or n % self.every == 0:
            close = np.asarray(self.data.Close)
            returns = np.diff(close) / close[:-1]
            x = np.column_stack([returns[k:len(returns) - self.lags + k] for k in range(self.lags)])
            y = returns[self.lags:]
            self.beta, *_ = np.linalg.lstsq(x, y, rcond=None)
        recent = np.diff(self.data.Close[-self.lags - 1:]) / self.data.Close[-self.lags - 1:-1]
        forecast = float(recent @ self.beta)
        if not self.position and forecast > 0:
            self.buy()
        elif self.position and forecast < 0:
            self.position.close()
