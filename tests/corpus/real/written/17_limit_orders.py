# run: 1 649.3314 PullbackLimit
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG


class PullbackLimit(Strategy):
    """Places a limit order two per cent under the close; forgets it after a bar."""
    pct = 2

    def init(self):
        super().init()

    def next(self):
        for order in self.orders:
            order.cancel()
        if not self.position:
            px = self.data.Close[-1]
            self.buy(limit=px * (1 - self.pct / 100), sl=px * 0.9, tp=px * 1.06)


bt = Backtest(GOOG, PullbackLimit, cash=10_000, commission=.001)
stats = bt.run(pct=3)
print(stats)
