# Precomputed df.
# outcome: mended
# trades: 71
# return_pct: 180.311
# verified: True
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.test import GOOG

def add_atr(df, n=14):
    tr = pd.concat([df.High-df.Low, (df.High-df.Close.shift()).abs(), (df.Low-df.Close.shift()).abs()], axis=1).max(axis=1)
    return tr.rolling(n).mean()

df = GOOG.copy()

class AtrStop(Strategy):
    def init(self):
        self.atr = self.I(lambda: add_atr(self.data.df, 14))
        self.hh = self.I(lambda x: pd.Series(x).rolling(20).max(), self.data.High)
    def next(self):
        price = self.data.Close[-1]
        if not self.position and price >= self.hh[-2]:
            self.buy(sl=price-2*self.atr[-1], tp=price+4*self.atr[-1])

bt = Backtest(df, AtrStop, cash=10_000, commission=.002)
stats = bt.run()
stats['_trades'].to_csv('trades.csv')
bt.plot(filename='x.html', open_browser=False)
