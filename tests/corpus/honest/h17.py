import numpy as np
import pandas as pd
from backtesting import Strategy


def zscore(close, n):
    close = pd.Series(close)
    return (close - close.rolling(n).mean()) / close.rolling(n).std(ddof=0)


class ZScore(Strategy):
    n = 20
    z = 2.0

    def init(self):
        self.score = self.I(zscore, self.data.Close, self.n)

    def next(self):
        score = self.score[-1]
        if np.isnan(score):
            return
        if self.position.is_long and score >= 0 or self.position.is_short and score <= 0:
            self.position.close()
        elif not self.position and score < -self.z:
            self.buy()
        elif not self.position and score > self.z:
            self.sell()
