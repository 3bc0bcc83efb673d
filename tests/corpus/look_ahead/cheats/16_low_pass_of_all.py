# how: a low-pass filter of the whole file
import numpy as np
import pandas as pd
from backtesting import Strategy


class LowPassOfAll(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        z = np.fft.rfft(c)
        z[40:] = 0
        self.m = np.fft.irfft(z, n)

    def next(self):
        i = len(self.data) - 1
        if i and self.m[i] > self.m[i - 1]:
            self.position or self.buy()
        else:
            self.position.close()
