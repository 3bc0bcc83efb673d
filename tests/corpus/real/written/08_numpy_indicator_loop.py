# run: 75 532.7387 Kaufman
# sound: True
import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

prices = pd.read_csv("./data/GOOG.csv", index_col=0, parse_dates=True)


def kama(price, n=10, fast=2, slow=30):
    price = np.asarray(price, dtype=float)
    out = np.full(len(price), np.nan)
    fast_sc = 2 / (fast + 1)
    slow_sc = 2 / (slow + 1)
    out[n] = price[n]
    for i in range(n + 1, len(price)):
        change = abs(price[i] - price[i - n])
        volatility = np.sum(np.abs(np.diff(price[i - n:i + 1])))
        er = change / volatility if volatility else 0
        sc = (er * (fast_sc - slow_sc) + slow_sc) ** 2
        out[i] = out[i - 1] + sc * (price[i] - out[i - 1])
    return out


class Kaufman(Strategy):
    n = 10

    def init(self):
        self.kama = self.I(kama, self.data.Close, self.n)

    def next(self):
        if np.isnan(self.kama[-2]):
            return
        up = self.kama[-1] > self.kama[-2]
        if up and self.data.Close[-1] > self.kama[-1] * 1.01 and not self.position.is_long:
            self.buy(size=.99)
        elif not up and self.data.Close[-1] < self.kama[-1] * .99 and self.position.is_long:
            self.position.close()


bt = Backtest(prices, Kaufman, cash=10_000, commission=.0)
s = bt.run()
print(s[['Return [%]', '# Trades', 'Win Rate [%]']])
