import numpy as np
from backtesting import Strategy


def confirmed_swings(low, high, k):
    bottom, top = np.zeros(len(low)), np.zeros(len(low))
    for i in range(2 * k, len(low)):
        bottom[i] = low[i - k] == low[i - 2 * k:i + 1].min()
        top[i] = high[i - k] == high[i - 2 * k:i + 1].max()
    return bottom, top


class Swings(Strategy):
    def init(self):
        self.bottom, self.top = self.I(confirmed_swings, self.data.Low, self.data.High, 5)

    def next(self):
        if not self.position and self.bottom[-1]:
            self.buy()
        elif self.position and self.top[-1]:
            self.position.close()
