# Df attr flags.
# outcome: mended
# trades: 34
# return_pct: 209.334
# verified: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG
import pandas as pd, numpy as np
np.seterr(all="ignore")
def donch(h, l, n=20):
    return pd.Series(h).rolling(n).max().shift(1), pd.Series(l).rolling(n).min().shift(1)
class Turtle(Strategy):
    risk = 0.02
    def init(self):
        self.hi, self.lo = self.I(donch, self.data.High, self.data.Low, 20, plot=False)
        self.atr = self.I(self.calc_atr, 20)
        self.flag = False
    def calc_atr(self, n):
        df = self.data.df
        tr = np.maximum(df.High - df.Low, (df.High - df.Close.shift()).abs())
        return tr.rolling(n).mean()
    def next(self):
        unit = int(self.equity * self.risk / self.atr[-1])
        if not self.position and self.data.Close[-1] > self.hi[-1] and unit > 0:
            unit = min(unit, int(self.equity*0.95 / self.data.Close[-1]))
            self.buy(size=unit, sl=self.data.Close[-1] - 2*self.atr[-1])
            self.flag = True
        elif self.position and self.data.Close[-1] < self.lo[-1]:
            self.position.close()
            self.flag = False
bt = Backtest(GOOG, Turtle, cash=100_000, commission=.001, margin=1/2)
stats = bt.run()
for name, value in stats.items():
    print(name, value)
