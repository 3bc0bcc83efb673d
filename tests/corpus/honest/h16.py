import pandas as pd
from backtesting import Strategy


def stochastic(high, low, close, k, d, smooth):
    high, low, close = pd.Series(high), pd.Series(low), pd.Series(close)
    lowest = low.rolling(k).min()
    highest = high.rolling(k).max()
    fast = 100 * (close - lowest) / (highest - lowest).replace(0, float('nan'))
    slow = fast.rolling(smooth).mean()
    return slow.ffill(), slow.rolling(d).mean().ffill()


class Stochastic(Strategy):
    def init(self):
        self.k, self.d = self.I(stochastic, self.data.High, self.data.Low, self.data.Close, 14, 3, 3)

    def next(self):
        if self.k[-1] < 20 and self.k[-1] > self.d[-1] and not self.position:
            self.buy()
        elif self.k[-1] > 80 and self.position:
            self.position.close()
