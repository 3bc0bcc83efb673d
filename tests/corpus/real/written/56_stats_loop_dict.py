# run: 27 622.3217 MACross
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA
import itertools
import pandas as pd


class MACross(Strategy):
    fast = 12
    slow = 36

    def init(self):
        self.f = self.I(SMA, self.data.Close, self.fast)
        self.s = self.I(SMA, self.data.Close, self.slow)

    def next(self):
        if self.f > self.s and not self.position:
            self.buy()
        elif self.f < self.s and self.position:
            self.position.close()


def evaluate(fast, slow):
    bt = Backtest(GOOG, MACross, cash=10_000, commission=.001)
    return bt.run(fast=fast, slow=slow)


base = evaluate(12, 36)
print(base)
