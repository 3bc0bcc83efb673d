# how: keeps all closes and reads only past ones
import numpy as np
import pandas as pd
from backtesting import Strategy


class KeepsAllCloses(Strategy):
    def init(self):
        self.c = np.array(self.data.Close)

    def next(self):
        i = len(self.data)
        if i > 20:
            if self.c[i - 1] > self.c[i - 20:i].mean():
                self.position or self.buy()
            else:
                self.position.close()
