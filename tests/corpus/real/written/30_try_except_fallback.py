# run: 53 23.1918 Connors
# sound: True
import numpy as np
import pandas as pd

try:
    import talib
    HAVE_TALIB = True
except ImportError:
    HAVE_TALIB = False

from backtesting import Backtest, Strategy
from backtesting.test import GOOG


def rsi(close, n):
    if HAVE_TALIB:
        return talib.RSI(np.asarray(close, dtype=float), n)
    d = pd.Series(close).diff()
    up = d.clip(lower=0).ewm(alpha=1 / n).mean()
    dn = (-d.clip(upper=0)).ewm(alpha=1 / n).mean()
    return 100 - 100 / (1 + up / dn)


class Connors(Strategy):
    def init(self):
        self.r2 = self.I(rsi, self.data.Close, 2)
        self.ma = self.I(lambda x: pd.Series(x).rolling(100).mean(), self.data.Close)
        self.exit_ma = self.I(lambda x: pd.Series(x).rolling(5).mean(), self.data.Close)

    def next(self):
        c = self.data.Close[-1]
        try:
            if self.r2[-1] < 10 and c > self.ma[-1] and not self.position:
                self.buy()
            elif self.position and c > self.exit_ma[-1]:
                self.position.close()
        except IndexError:
            pass


try:
    df = pd.read_csv('my_prices.csv', index_col=0, parse_dates=True)
except FileNotFoundError:
    df = GOOG

bt = Backtest(df, Connors, cash=10_000, commission=.001)
print(bt.run())
