# What people take from pandas_ta beyond RSI and moving averages.
# outcome: sound
# trades: 31
# return_pct: 572.307
# verified: True
import pandas as pd
import pandas_ta as ta
from backtesting import Strategy


class Super(Strategy):
    def init(self):
        high, low, close = (pd.Series(x) for x in (self.data.High, self.data.Low, self.data.Close))
        trend = ta.supertrend(high, low, close, 10, 3.0)
        self.direction = self.I(lambda: trend["SUPERTd_10_3.0"])

    def next(self):
        if self.direction[-1] == 1 and not self.position:
            self.buy()
        elif self.direction[-1] == -1 and self.position:
            self.position.close()
