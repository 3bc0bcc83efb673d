# Two strategies; the script's own Backtest(...) says which one is meant.
# outcome: mended
# trades: 50
# return_pct: 333.177
# verified: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA


class Wanted(Strategy):
    def init(self):
        self.mean = self.I(SMA, self.data.Close, 50)

    def next(self):
        if not self.position and self.data.Close[-1] > self.mean[-1]:
            self.buy()
        elif self.position and self.data.Close[-1] < self.mean[-1]:
            self.position.close()


class Draft(Strategy):
    def init(self):
        pass

    def next(self):
        if not self.position:
            self.buy()


bt = Backtest(GOOG, Wanted, cash=10_000, commission=0.002)
print(bt.run())
