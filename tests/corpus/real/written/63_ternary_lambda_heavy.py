# run: 168 207.1061 T
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG
import pandas as pd, numpy as np
sma = lambda s, n: pd.Series(s).rolling(n).mean()
ema = lambda s, n: pd.Series(s).ewm(span=n).mean()
class T(Strategy):
    f, s, x = 6, 24, 3
    def init(self):
        c = self.data.Close
        self.d = self.I(lambda a: ema(a, self.f) - ema(a, self.s), c)
        self.g = self.I(lambda a: ema(a, self.x), self.d)
    def next(self):
        up = self.d[-1] > self.g[-1]
        (self.buy() if up else None) if not self.position else (self.position.close() if not up else None)
print(Backtest(GOOG, T, cash=1e4, commission=.001).run())
