# expect: look_ahead/late_pivot
# intent: Buy a confirmed swing low, sell a confirmed swing high, 5 bars on each side.
# ends: detected
from backtesting import Strategy
import pandas as pd


class Swing(Strategy):
    def init(self):
        low, high = pd.Series(self.data.Low), pd.Series(self.data.High)
        self.low_pivot = self.I(lambda: (low == low.rolling(11, center=True).min()).astype(float).values)
        self.high_pivot = self.I(lambda: (high == high.rolling(11, center=True).max()).astype(float).values)

    def next(self):
        if not self.position and self.low_pivot[-1]:
            self.buy()
        elif self.position and self.high_pivot[-1]:
            self.position.close()
