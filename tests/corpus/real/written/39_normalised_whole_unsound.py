# run: 2 591.4825 Normed
# sound: False
from backtesting import Backtest, Strategy
from backtesting.test import GOOG
import numpy as np


def norm(x):
    x = np.asarray(x)
    return (x - x.mean()) / x.std()


class Normed(Strategy):
    def init(self):
        self.z = self.I(norm, self.data.Close)

    def next(self):
        if not self.position and self.z[-1] < -0.5:
            self.buy()
        elif self.position and self.z[-1] > 0.5:
            self.position.close()


bt = Backtest(GOOG, Normed, cash=10_000)
print(bt.run())
