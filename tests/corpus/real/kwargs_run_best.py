# Kwargs run best.
# outcome: mended
# trades: 66
# return_pct: 295.447
# verified: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA
from backtesting.lib import crossover
BEST = dict(n1=8, n2=34)
class K(Strategy):
    n1: int = 10
    n2: int = 20
    def init(self):
        self.a = self.I(SMA, self.data.Close, self.n1)
        self.b = self.I(SMA, self.data.Close, self.n2)
    def next(self):
        if crossover(self.a, self.b):
            self.position.close(); self.buy()
        elif crossover(self.b, self.a):
            self.position.close(); self.sell()
bt = Backtest(GOOG, K, cash=10_000, commission=.002)
stats = bt.run(**BEST)
