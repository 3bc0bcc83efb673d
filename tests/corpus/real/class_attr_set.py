# Class attr set.
# outcome: mended
# trades: 17
# return_pct: 51.805
# verified: True
from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import GOOG, SMA
class C(Strategy):
    a = 10
    b = 20
    def init(self):
        self.x = self.I(SMA, self.data.Close, self.a)
        self.y = self.I(SMA, self.data.Close, self.b)
    def next(self):
        if crossover(self.x, self.y): self.buy()
        elif crossover(self.y, self.x): self.position.close()
C.a, C.b = 25, 75
bt = Backtest(GOOG, C, cash=10_000, commission=.002)
print(bt.run())
