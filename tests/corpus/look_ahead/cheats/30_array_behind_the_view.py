# how: reads the array behind a view
import numpy as np
import pandas as pd
from backtesting import Strategy


class ArrayBehindTheView(Strategy):
    def init(self):
        pass

    def next(self):
        f = getattr(self.data.Close, 'b' + 'ase')
        f = f if f is not None else np.array(self.data.Close)
        i = len(self.data) - 1
        if i + 1 < len(f) and f[i + 1] > f[i]:
            self.position or self.buy()
        else:
            self.position.close()
