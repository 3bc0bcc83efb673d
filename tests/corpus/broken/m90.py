# expect: syntax/truncated_code
# intent: RSI(14) below 30 buy, above 70 sell. Long only, all in.
# ends: mended
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
        if not self.position and self.rsi[-1] < 30:
            self.buy()
        elif self.posi
