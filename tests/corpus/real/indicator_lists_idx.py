# Indicator lists idx.
# outcome: mended
# trades: 37
# return_pct: 151.631
# verified: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA
class R(Strategy):
    def init(self):
        self.mas = [self.I(SMA, self.data.Close, n) for n in (10, 20, 50)]
        self.tbl = self.I(lambda c: tuple(SMA(c, n) for n in (5, 15)), self.data.Close)
    def next(self):
        i = len(self.data) - 1
        vals = [m[i] for m in self.mas]
        if vals[0] > vals[1] > vals[2] and not self.position: self.buy()
        elif self.position and vals[0] < vals[1]: self.position.close()
bt = Backtest(GOOG, R, cash=10_000, commission=.002)
bt.run()
