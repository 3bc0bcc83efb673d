# run: 90 820.7953 K
# sound: True
from functools import partial
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA


class K(Strategy):
    n = 15

    def init(self):
        self.m = self.I(SMA, self.data.Close, self.n)

    def next(self):
        if self.data.Close[-1] > self.m[-1] and not self.position:
            self.buy()
        elif self.data.Close[-1] < self.m[-1] and self.position:
            self.position.close()


def backtest(strategy, data=GOOG, *, run=None, **settings):
    settings.setdefault("cash", 33_000)
    return Backtest(data, strategy, **settings).run(**(run or {}))


quick = partial(backtest, commission=.0015)
print(quick(K, run={"n": 25}))
