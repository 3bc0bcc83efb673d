# expect: indicator/unregistered_indicator
# intent: Buy when SMA 10 crosses above SMA 20, sell when it crosses below, long only, all in.
# ends: mended
from backtesting import Strategy
import pandas as pd


class SmaCross(Strategy):
    def init(self):
        close = pd.Series(self.data.Close)
        self.sma1 = close.rolling(10).mean().values
        self.sma2 = close.rolling(20).mean().values

    def next(self):
        if not self.position and self.sma1[-1] > self.sma2[-1] and self.sma1[-2] <= self.sma2[-2]:
            self.buy()
        elif self.position and self.sma1[-1] < self.sma2[-1] and self.sma1[-2] >= self.sma2[-2]:
            self.position.close()
