# run: 55 298.7652 Hull
# sound: True
import unittest
from backtesting import Backtest, Strategy
from backtesting.test import GOOG
import pandas as pd


def hma(x, n):
    def w(s, k):
        wt = pd.Series(range(1, k + 1), dtype=float)
        return s.rolling(k).apply(lambda v: (v * wt.values).sum() / wt.sum(), raw=True)
    s = pd.Series(x)
    return w(2 * w(s, n // 2) - w(s, n), int(n ** 0.5))


class Hull(Strategy):
    n = 36

    def init(self):
        self.h = self.I(hma, self.data.Close, self.n)

    def next(self):
        if self.h[-1] > self.h[-2] > self.h[-3]:
            if not self.position.is_long:
                self.buy()
        elif self.h[-1] < self.h[-2]:
            self.position.close()


class TestHull(unittest.TestCase):
    def test_runs(self):
        stats = Backtest(GOOG, Hull, cash=10_000, commission=.002).run()
        self.assertGreater(stats["# Trades"], 0)


if __name__ == "__main__":
    unittest.main(argv=["x"], exit=False)
