# run: 24 90.0619 Rank
# sound: True
import numpy as np
try:
    from numba import njit
except ImportError:
    def njit(f):
        return f
from backtesting import Backtest, Strategy
from backtesting.test import GOOG


@njit
def rolling_rank(x, n):
    out = np.full(len(x), np.nan)
    for i in range(n - 1, len(x)):
        w = x[i - n + 1:i + 1]
        out[i] = (w <= x[i]).sum() / n
    return out


class Rank(Strategy):
    n = 60

    def init(self):
        self.rank = self.I(rolling_rank, np.asarray(self.data.Close), self.n)

    def next(self):
        if self.rank[-1] > .9 and not self.position:
            self.buy()
        elif self.rank[-1] < .4 and self.position:
            self.position.close()


bt = Backtest(GOOG, Rank, cash=10_000, commission=.001)
print(bt.run())
