# run: 99 128.6433 ObvTrend
# sound: True
import numpy as np
from backtesting import Backtest, Strategy
from backtesting.test import GOOG


def obv(close, volume):
    sign = np.sign(np.diff(close, prepend=close[0]))
    return np.cumsum(sign * volume)


def sma(x, n):
    out = np.full(len(x), np.nan)
    c = np.cumsum(np.insert(np.asarray(x, float), 0, 0))
    out[n - 1:] = (c[n:] - c[:-n]) / n
    return out


class ObvTrend(Strategy):
    n = 30

    def init(self):
        self.obv = self.I(obv, self.data.Close, self.data.Volume)
        self.avg = self.I(sma, self.obv, self.n)

    def next(self):
        if self.obv[-1] > self.avg[-1] and self.data.Close[-1] > self.data.Close[-5] and not self.position:
            self.buy()
        elif self.obv[-1] < self.avg[-1] and self.position:
            self.position.close()


bt = Backtest(GOOG, ObvTrend, cash=10_000, commission=.001)
print(bt.run())
