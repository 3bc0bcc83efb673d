# expect: look_ahead/full_sample_statistic
# intent: Mean reversion with a 20 bar z-score of the close. Buy when the z-score is below -2, sell when it is above 0.
# ends: mended
from backtesting import Strategy
import numpy as np


def zscore(x):
    x = np.asarray(x)
    return (x - x.mean()) / x.std()


class ZScore(Strategy):
    def init(self):
        self.z = self.I(zscore, self.data.Close)

    def next(self):
        if not self.position and self.z[-1] < -2:
            self.buy()
        elif self.position and self.z[-1] > 0:
            self.position.close()
