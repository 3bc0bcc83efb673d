# expect: indicator/all_nan_indicator
# intent: Buy when SMA 10 crosses above SMA 20, sell when it crosses below, long only, all in.
# ends: mended
from backtesting import Strategy
from backtesting.lib import crossover
import numpy as np
import pandas as pd


def sma(values, n):
    s = pd.Series(values, index=range(1000, 1000 + len(values)))
    base = pd.Series(np.zeros(len(values)))
    return (s.rolling(n).mean() + base).values[:len(values)]


class SmaCross(Strategy):
    def init(self):
        self.sma1 = self.I(lambda: sma(self.data.Close, 10) * np.nan)
        self.sma2 = self.I(lambda: sma(self.data.Close, 20) * np.nan)

    def next(self):
        if not self.position and crossover(self.sma1, self.sma2):
            self.buy()
        elif self.position and crossover(self.sma2, self.sma1):
            self.position.close()
