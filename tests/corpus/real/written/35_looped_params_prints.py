# run: 46 342.2228 RocStrategy
# run: 34 359.0190 RocStrategy
# run: 24 209.2010 RocStrategy
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG
import pandas as pd

results = []


class RocStrategy(Strategy):
    n = 20
    thr = 4

    def init(self):
        self.roc = self.I(lambda x: pd.Series(x).pct_change(self.n) * 100, self.data.Close)

    def next(self):
        if self.roc[-1] > self.thr and not self.position:
            self.buy()
        elif self.roc[-1] < -self.thr and self.position:
            self.position.close()


bt = Backtest(GOOG, RocStrategy, cash=10_000, commission=.001)
for n in (10, 20, 40):
    stats = bt.run(n=n)
    results.append({'n': n, 'ret': stats['Return [%]'], 'trades': stats['# Trades']})

print(pd.DataFrame(results))
