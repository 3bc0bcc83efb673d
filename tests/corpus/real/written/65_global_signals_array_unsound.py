# run: 542 23261144.3876 Future
# sound: False
from backtesting import Backtest, Strategy
from backtesting.test import GOOG
import numpy as np


class Future(Strategy):
    def init(self):
        c = np.asarray(self.data.Close)
        nxt = np.append(c[1:], c[-1])
        self.s = self.I(lambda: np.where(nxt > c, 1, -1))

    def next(self):
        if self.s[-1] > 0 and not self.position:
            self.buy()
        elif self.s[-1] < 0 and self.position:
            self.position.close()


print(Backtest(GOOG, Future, cash=10_000).run())
