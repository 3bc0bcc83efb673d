# how: a low-pass filter of the last 64 bars
import numpy as np
import pandas as pd
from backtesting import Strategy


class FftOfThePast(Strategy):
    def init(self):
        pass

    def next(self):
        if len(self.data) > 64:
            z = np.fft.rfft(np.array(self.data.Close[-64:]))
            z[5:] = 0
            y = np.fft.irfft(z, 64)
            if y[-1] > y[-3]:
                self.position or self.buy()
            else:
                self.position.close()
