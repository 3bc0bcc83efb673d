import numpy as np
from backtesting import Strategy


def atr(high, low, close, n):
    previous = np.roll(close, 1)
    previous[0] = close[0]
    ranges = np.maximum.reduce([high - low, np.abs(high - previous), np.abs(low - previous)])
    out = np.full(len(close), np.nan)
    out[n - 1] = ranges[:n].mean()
    for i in range(n, len(close)):
        out[i] = (out[i - 1] * (n - 1) + ranges[i]) / n
    return out


def sma(x, n):
    out = np.full(len(x), np.nan)
    for i in range(n - 1, len(x)):
        out[i] = np.mean(x[i - n + 1:i + 1])
    return out


class AtrStops(Strategy):
    def init(self):
        self.fast = self.I(sma, self.data.Close, 20)
        self.slow = self.I(sma, self.data.Close, 50)
        self.atr = self.I(atr, self.data.High, self.data.Low, self.data.Close, 14)

    def next(self):
        price = self.data.Close[-1]
        crossed = self.fast[-1] > self.slow[-1] and self.fast[-2] <= self.slow[-2]
        if crossed and not self.position:
            self.buy(sl=price - 2 * self.atr[-1], tp=price + 3 * self.atr[-1])
