# expect: numpy/nan_comparison
# intent: Close crosses above SMA(50) buy; sell when the close crosses below it.
# ends: mended
from backtesting import Strategy
from backtesting.test import SMA
import numpy as np


class Cross(Strategy):
    def init(self):
        self.sma = self.I(SMA, self.data.Close, 50)

    def next(self):
        if self.sma[-2] != np.nan and self.sma[-2] == np.nan:
            return
        c = self.data.Close
        if not self.position and c[-1] > self.sma[-1] and c[-2] < self.sma[-2]:
            self.buy()
        elif self.position and c[-1] < self.sma[-1] and c[-2] > self.sma[-2]:
            self.position.close()
