import numpy as np
import pandas as pd
from backtesting import Strategy


def bbands(data, n, k):
    typical = (data.High + data.Low + data.Close) / 3
    mean = pd.Series(typical).rolling(n).mean()
    std = pd.Series(typical).rolling(n).std(ddof=0)
    return np.c_[mean + k * std, mean, mean - k * std].T


class Bollinger(Strategy):
    n = 20
    k = 2.0

    def init(self):
        self.bands = self.I(bbands, self.data, self.n, self.k)

    def next(self):
        upper, middle, lower = self.bands
        price = self.data.Close[-1]
        if not self.position and price < lower[-1]:
            self.buy(sl=price * 0.9, tp=middle[-1] * 1.05)
        elif self.position and price > upper[-1]:
            self.position.close()
