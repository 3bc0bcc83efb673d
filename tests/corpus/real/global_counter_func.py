# Global counter func.
# outcome: mended
# trades: 44
# return_pct: -10.630
# verified: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG
import numpy as np
import pandas as pd

def RSI(arr, n=14):
    delta = pd.Series(arr).diff()
    up = delta.clip(lower=0).ewm(alpha=1/n, adjust=False).mean()
    down = -delta.clip(upper=0).ewm(alpha=1/n, adjust=False).mean()
    return 100 - 100/(1+up/down)

class RsiOsc(Strategy):
    upper_bound = 70
    lower_bound = 30
    rsi_window = 14
    def init(self):
        self.daily_rsi = self.I(RSI, self.data.Close, self.rsi_window)
    def next(self):
        price = self.data.Close[-1]
        if self.daily_rsi[-1] > self.upper_bound and self.daily_rsi[-2] <= self.upper_bound:
            if self.position.is_long or not self.position:
                self.position.close()
                self.sell(size=0.5, tp=0.8*price, sl=1.1*price)
        elif self.daily_rsi[-1] < self.lower_bound and self.daily_rsi[-2] >= self.lower_bound:
            if self.position.is_short or not self.position:
                self.position.close()
                self.buy(size=0.5, tp=1.2*price, sl=0.9*price)

def optim_func(series):
    if series["# Trades"] < 10:
        return -1
    return series["Equity Final [$]"]/series["Exposure Time [%]"]

bt = Backtest(GOOG, RsiOsc, cash=10_000, commission=.002)
stats = bt.run()
print(stats)
bt.plot(filename='plots/plot.html')
