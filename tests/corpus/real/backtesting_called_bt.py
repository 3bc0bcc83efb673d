# `import backtesting as bt`.
# outcome: sound
# trades: 33
# return_pct: 398.433
# verified: True
import backtesting as bt
import backtesting.lib as lib
from backtesting.test import SMA


class Alias(bt.Strategy):
    def init(self):
        self.fast = self.I(SMA, self.data.Close, 10)
        self.slow = self.I(SMA, self.data.Close, 30)

    def next(self):
        if not self.position and lib.crossover(self.fast, self.slow):
            self.buy()
        elif self.position and lib.crossover(self.slow, self.fast):
            self.position.close()
