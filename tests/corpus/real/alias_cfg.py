# Alias cfg.
# outcome: sound
# trades: 9
# return_pct: 57.132
# verified: True
import backtesting as bt
from backtesting import lib as btlib
import talib as ta
import numpy as np

CONFIG = {"cash": 50_000, "commission": 0.0005, "trade_on_close": True}
LEN = 14
LOW, HIGH = 30, 70


class Rsi(bt.Strategy):
    def init(self):
        self.rsi = self.I(ta.RSI, self.data.Close, timeperiod=LEN)

    def next(self):
        if self.rsi[-1] < LOW and not self.position:
            self.buy()
        if self.rsi[-1] > HIGH and self.position:
            self.position.close()


if __name__ == "__main__":
    from backtesting.test import GOOG
    b = bt.Backtest(GOOG, Rsi, **CONFIG)
    print(b.run())
