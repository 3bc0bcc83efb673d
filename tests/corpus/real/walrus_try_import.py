# Walrus try import.
# outcome: sound
# trades: 14
# return_pct: 13.976
# verified: True
try:
    import talib
    HAVE = True
except ImportError:
    HAVE = False
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import cross, barssince
from backtesting.test import GOOG, SMA

def rsi(x, n):
    return talib.RSI(x, n) if HAVE else x

class W(Strategy):
    def init(self):
        self.r = self.I(rsi, self.data.Close, 21)
        self.m = self.I(SMA, self.data.Close, 60)
    def next(self):
        if (r := self.r[-1]) < 40 and not self.position:
            self.buy(size=10)
        elif r > 60 and self.position:
            self.position.close()
if __name__ == "__main__":
    bt = Backtest(GOOG, W, commission=.002, exclusive_orders=True)
    stats = bt.run()
    bt.plot()
