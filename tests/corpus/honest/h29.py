import pandas as pd
from backtesting import Strategy


def supertrend(high, low, close, n, m):
    high, low, close = map(pd.Series, (high, low, close))
    tr = pd.concat([high - low, (high - close.shift()).abs(), (low - close.shift()).abs()], axis=1).max(axis=1)
    atr = tr.ewm(alpha=1 / n, adjust=False, min_periods=n).mean()
    middle = (high + low) / 2
    upper, lower = (middle + m * atr).to_numpy(copy=True), (middle - m * atr).to_numpy(copy=True)
    direction = pd.Series(1.0, index=close.index).to_numpy(copy=True)
    c = close.to_numpy()
    for i in range(1, len(c)):
        if c[i - 1] <= upper[i - 1]:
            upper[i] = min(upper[i], upper[i - 1])
        if c[i - 1] >= lower[i - 1]:
            lower[i] = max(lower[i], lower[i - 1])
        if c[i] > upper[i - 1]:
            direction[i] = 1
        elif c[i] < lower[i - 1]:
            direction[i] = -1
        else:
            direction[i] = direction[i - 1]
    return direction


class Supertrend(Strategy):
    def init(self):
        self.trend = self.I(supertrend, self.data.High, self.data.Low, self.data.Close, 10, 3)

    def next(self):
        if self.trend[-1] > 0 and not self.position.is_long:
            self.buy()
        elif self.trend[-1] < 0 and self.position.is_long:
            self.position.close()
