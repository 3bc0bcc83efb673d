# expect: look_ahead/future_row
# intent: Buy when the close is above the previous close, sell when it is below the previous close. Long only.
# ends: mended
from backtesting import Strategy
import numpy as np


def label(close):
    out = np.zeros(len(close))
    for i in range(len(close) - 1):
        out[i] = 1 if close[i + 1] > close[i] else -1
    return out


class Labelled(Strategy):
    def init(self):
        self.label = self.I(label, self.data.Close)

    def next(self):
        if not self.position and self.label[-1] > 0:
            self.buy()
        elif self.position and self.label[-1] < 0:
            self.position.close()
