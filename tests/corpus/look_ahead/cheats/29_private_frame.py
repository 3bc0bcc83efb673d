# how: reads the private frame
import numpy as np
import pandas as pd
from backtesting import Strategy


class PrivateFrame(Strategy):
    def init(self):
        pass

    def next(self):
        f = vars(self)['_data'].__dict__['_Data' + '__df'].Close.to_numpy()
        i = len(self.data) - 1
        if i + 1 < len(f) and f[i + 1] > f[i]:
            self.position or self.buy()
        else:
            self.position.close()
