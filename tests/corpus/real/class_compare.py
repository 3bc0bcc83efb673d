# Class compare.
# outcome: mended
# trades: 42
# return_pct: 155.014
# verified: True
from backtesting import Strategy, Backtest
from backtesting.test import GOOG, SMA
import pandas as pd


class BuyHold(Strategy):
    def init(self): pass
    def next(self):
        if not self.position:
            self.buy()


class Trend(Strategy):
    n = 100
    def init(self):
        self.ma = self.I(SMA, self.data.Close, self.n)
    def next(self):
        if self.data.Close[-1] > self.ma[-1]:
            if not self.position: self.buy()
        else:
            self.position.close()


results = {}
for cls in (Trend, BuyHold):
    bt = Backtest(GOOG, cls, cash=10000, commission=.002)
    results[cls.__name__] = bt.run()
print(pd.DataFrame(results))
