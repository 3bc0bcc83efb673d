# expect: look_ahead/back_fill
# intent: Buy when the close crosses above its 20 bar SMA, sell when it crosses below.
# ends: mended
from backtesting import Strategy
from backtesting.lib import crossover
import pandas as pd


def sma(x, n):
    return pd.Series(x).rolling(n).mean().bfill()


class Cross(Strategy):
    def init(self):
        self.ma = self.I(sma, self.data.Close, 20)

    def next(self):
        if not self.position and crossover(self.data.Close, self.ma):
            self.buy()
        elif self.position and crossover(self.ma, self.data.Close):
            self.position.close()
