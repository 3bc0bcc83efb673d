# expect: look_ahead/negative_shift
# intent: Buy when the close is above the previous close, sell when it is below the previous close. Long only.
# ends: mended
from backtesting import Strategy
import pandas as pd


class Momentum(Strategy):
    def init(self):
        close = pd.Series(self.data.Close)
        self.up = self.I(lambda: (close.shift(-1) > close).astype(float).values)

    def next(self):
        if not self.position and self.up[-1] == 1:
            self.buy()
        elif self.position and self.up[-1] == 0:
            self.position.close()
