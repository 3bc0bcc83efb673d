# how: takes the frame in next
import numpy as np
import pandas as pd
from backtesting import Strategy


class FrameInNext(Strategy):
    def init(self):
        pass

    def next(self):
        f = self.data.df
        if len(f) > 20 and f.Close.iloc[-1] > f.Close.iloc[-20:].mean():
            self.position or self.buy()
        elif len(f) > 20:
            self.position.close()
