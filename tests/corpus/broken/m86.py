# expect: semantics/level_instead_of_cross
# intent: Buy when the close crosses above SMA(50), sell when RSI(14) is above 70.
# ends: mended
from backtesting import Strategy
from backtesting.test import SMA
import pandas as pd


def RSI(x, n):
    d = pd.Series(x).diff()
    up = d.clip(lower=0).ewm(alpha=1 / n, adjust=False, min_periods=n).mean()
    down = (-d.clip(upper=0)).ewm(alpha=1 / n, adjust=False, min_periods=n).mean()
    return 100 - 100 / (1 + up / down)


class Mixed(Strategy):
    def init(self):
        self.sma = self.I(SMA, self.data.Close, 50)
        self.rsi = self.I(RSI, self.data.Close, 14)

    def next(self):
        if not self.position and self.data.Close[-1] > self.sma[-1]:
            self.buy()
        elif self.position and self.rsi[-1] > 70:
            self.position.close()
