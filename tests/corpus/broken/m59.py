# expect: pandas/removed_pandas_api
# intent: Buy when SMA 10 crosses above SMA 20, sell when it crosses below, long only, all in.
# ends: mended
from backtesting import Strategy
from backtesting.lib import crossover
import pandas as pd


def sma(values, n):
    return pd.rolling_mean(pd.Series(values), n)


class SmaCross(Strategy):
    def init(self):
        self.sma1 = self.I(sma, self.data.Close, 10)
        self.sma2 = self.I(sma, self.data.Close, 20)

    def next(self):
        if not self.position and crossover(self.sma1, self.sma2):
            self.buy()
        elif self.position and crossover(self.sma2, self.sma1):
            self.position.close()
