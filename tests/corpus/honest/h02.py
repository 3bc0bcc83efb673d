import pandas as pd
from backtesting import Strategy


def rsi(values, n=14):
    """Wilder's relative strength index."""
    delta = pd.Series(values).diff()
    gain = delta.where(delta > 0, 0.0)
    loss = -delta.where(delta < 0, 0.0)
    avg_gain = gain.ewm(alpha=1 / n, min_periods=n, adjust=False).mean()
    avg_loss = loss.ewm(alpha=1 / n, min_periods=n, adjust=False).mean()
    rs = avg_gain / avg_loss
    return 100 - 100 / (1 + rs)


class RsiReversion(Strategy):
    period, lower, upper = 14, 30, 70

    def init(self):
        self.rsi = self.I(rsi, self.data.Close, self.period, name="RSI")

    def next(self):
        if not self.position:
            if self.rsi[-1] < self.lower:
                self.buy()
        elif self.rsi[-1] > self.upper:
            self.position.close()
