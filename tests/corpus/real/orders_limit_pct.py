# Orders limit pct.
# outcome: mended
# trades: 143
# return_pct: 138.408
# verified: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA
class O(Strategy):
    pct = 0.02
    def init(self):
        self.sma = self.I(SMA, self.data.Close, 20)
        self.bars_in = 0
    def next(self):
        for order in self.orders:
            if not order.is_contingent:
                order.cancel()
        if self.position:
            self.bars_in += 1
            if self.bars_in > 15:
                self.position.close()
                self.bars_in = 0
        else:
            self.bars_in = 0
            self.buy(size=.9, limit=self.data.Close[-1]*(1-self.pct), sl=self.data.Close[-1]*(1-3*self.pct))
print(Backtest(GOOG, O, cash=10_000, commission=.002).run())
