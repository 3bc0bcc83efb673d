# run: 21 137.5061 Ichimoku
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG
import pandas as pd


def midpoint(h, l, n):
    return (pd.Series(h).rolling(n).max() + pd.Series(l).rolling(n).min()) / 2


def span_a(h, l):
    return ((midpoint(h, l, 9) + midpoint(h, l, 26)) / 2).shift(26)


def span_b(h, l):
    return midpoint(h, l, 52).shift(26)


class Ichimoku(Strategy):
    def init(self):
        h, l = self.data.High, self.data.Low
        self.tenkan = self.I(midpoint, h, l, 9)
        self.kijun = self.I(midpoint, h, l, 26)
        self.a = self.I(span_a, h, l)
        self.b = self.I(span_b, h, l)

    def next(self):
        c = self.data.Close[-1]
        cloud_top = max(self.a[-1], self.b[-1])
        cloud_bottom = min(self.a[-1], self.b[-1])
        if not self.position and c > cloud_top and self.tenkan[-1] > self.kijun[-1]:
            self.buy()
        elif self.position and c < cloud_bottom:
            self.position.close()


bt = Backtest(GOOG, Ichimoku, cash=10_000, commission=.002, exclusive_orders=True)
stats = bt.run()
print(stats)
