# Optimize after run.
# outcome: mended
# trades: 33
# return_pct: 276.670
# verified: True
from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import SMA, GOOG
import seaborn as sns


class S(Strategy):
    fast = 10
    slow = 30
    risk = 0.5

    def init(self):
        self.f = self.I(SMA, self.data.Close, self.fast)
        self.s = self.I(SMA, self.data.Close, self.slow)

    def next(self):
        if crossover(self.f, self.s):
            self.buy(size=self.risk)
        elif crossover(self.s, self.f) and self.position:
            self.position.close()


bt = Backtest(GOOG, S, cash=100000, commission=.001)
stats = bt.run(fast=15, risk=0.9)
print(stats["Return [%]"])
stats, heatmap = bt.optimize(fast=range(5, 30, 5), slow=range(10, 70, 10), maximize="Equity Final [$]",
                             constraint=lambda p: p.fast < p.slow, return_heatmap=True)
sns.heatmap(heatmap.unstack())
