# An indicator of three lines, read by row.
# outcome: sound
# trades: 38
# return_pct: -38.378
# verified: True
import pandas as pd
from backtesting import Strategy


def envelope(close, n):
    mean = pd.Series(close).rolling(n).mean()
    spread = pd.Series(close).rolling(n).std()
    return mean - spread, mean, mean + spread


class Envelope(Strategy):
    def init(self):
        self.bands = self.I(envelope, self.data.Close, 20)

    def next(self):
        low = self.bands[0]
        high = self.bands[2]
        if not self.position and self.data.Close[-1] < low[-1]:
            self.buy()
        elif self.position and self.data.Close[-1] > high[-1]:
            self.position.close()
