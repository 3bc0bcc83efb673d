# run: 63 437.4918 O
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA


class O(Strategy):
    n = 40

    def init(self):
        self.m = self.I(SMA, self.data.Close, self.n)

    def next(self):
        if self.data.Close[-1] > self.m[-1] and not self.position:
            self.buy()
        elif self.data.Close[-1] < self.m[-1] and self.position:
            self.position.close()


bt = Backtest(GOOG, O, cash=10_000, commission=.002)
print(bt.run())
best = bt.optimize(n=[20, 40, 60], maximize="Sharpe Ratio", max_tries=3) if False else None
