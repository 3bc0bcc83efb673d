# expect: look_ahead/centred_window
# intent: Buy when the close crosses above its 20 bar SMA, sell when it crosses below.
# ends: mended
from backtesting import Strategy
from backtesting.lib import crossover
import pandas as pd


class Smooth(Strategy):
    def init(self):
        close = pd.Series(self.data.Close)
        self.ma = self.I(lambda: close.rolling(window=20, center=True).mean().values)

    def next(self):
        if not self.position and crossover(self.data.Close, self.ma):
            self.buy()
        elif self.position and crossover(self.ma, self.data.Close):
            self.position.close()
