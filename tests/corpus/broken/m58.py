# expect: look_ahead/full_sample_statistic
# intent: Buy when the close is below its 20th percentile, sell when above the 80th.
# ends: detected
from backtesting import Strategy
import numpy as np


class Percentile(Strategy):
    def init(self):
        self.low = np.percentile(self.data.Close, 20)
        self.high = np.percentile(self.data.Close, 80)

    def next(self):
        if not self.position and self.data.Close[-1] < self.low:
            self.buy()
        elif self.position and self.data.Close[-1] > self.high:
            self.position.close()
