# Pta df accessor.
# outcome: mended
# trades: 30
# return_pct: 517.237
# verified: True
import pandas as pd
import pandas_ta as ta
from backtesting import Backtest, Strategy
from backtesting.test import GOOG
class A(Strategy):
    def init(self):
        df = self.data.df.copy()
        df.ta.rsi(length=14, append=True)
        macd = df.ta.macd(fast=12, slow=26, signal=9)
        self.rsi = self.I(lambda: df["RSI_14"], name="RSI")
        self.macd = self.I(lambda: macd["MACD_12_26_9"])
        self.st = self.I(lambda: ta.supertrend(df["High"], df["Low"], df["Close"], length=10, multiplier=3)["SUPERTd_10_3.0"])
    def next(self):
        if not self.position and self.rsi[-1] > 50 and self.macd[-1] > 0 and self.st[-1] == 1: self.buy()
        elif self.position and self.st[-1] == -1: self.position.close()
bt = Backtest(GOOG, A, cash=10_000, commission=.002)
print(bt.run())
