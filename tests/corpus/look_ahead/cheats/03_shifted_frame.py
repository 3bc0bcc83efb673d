# how: a frame shifted by minus one, its method spelt at run time
import numpy as np
import pandas as pd
from backtesting import Strategy


class ShiftedFrame(Strategy):
    def init(self):
        self.f = getattr(self.data.df.Close, 'sh' + 'ift')(-1)

    def next(self):
        i = len(self.data) - 1
        if self.f.iloc[i] > self.data.Close[-1]:
            self.position or self.buy()
        else:
            self.position.close()
