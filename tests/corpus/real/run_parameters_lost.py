# The script runs its strategy with parameters.
# outcome: mended
# trades: 5
# return_pct: 22.060
# verified: True
from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import GOOG, SMA


class Cross(Strategy):
    n1 = 10
    n2 = 20

    def init(self):
        self.fast = self.I(SMA, self.data.Close, self.n1)
        self.slow = self.I(SMA, self.data.Close, self.n2)

    def next(self):
        if not self.position and crossover(self.fast, self.slow):
            self.buy()
        elif self.position and crossover(self.slow, self.fast):
            self.position.close()


bt = Backtest(GOOG, Cross, cash=10_000, commission=0.002)
print(bt.run(n1=50, n2=200))
