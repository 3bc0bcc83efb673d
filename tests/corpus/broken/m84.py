# expect: zero_trades/no_trades
# intent: Buy when RSI(14) is below 10, sell when it is above 90.
# ends: sound
from backtesting import Strategy
import pandas as pd


def RSI(x, n):
    d = pd.Series(x).diff()
    up = d.clip(lower=0).ewm(alpha=1 / n, adjust=False, min_periods=n).mean()
    down = (-d.clip(upper=0)).ewm(alpha=1 / n, adjust=False, min_periods=n).mean()
    return 100 - 100 / (1 + up / down)


class RsiStrategy(Strategy):
    def init(self):
        self.rsi = self.I(RSI, self.data.Close, 14)

    def next(self):
        if not self.position and self.rsi[-1] < 10:
            self.buy()
        elif self.position and self.rsi[-1] > 90:
            self.position.close()
