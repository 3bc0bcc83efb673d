# how: an iterator that is one ahead
import numpy as np
import pandas as pd
from backtesting import Strategy


class IteratorOneAhead(Strategy):
    def init(self):
        self.it = iter(np.array(self.data.Close).tolist())
        next(self.it), next(self.it)

    def next(self):
        x = next(self.it, 0.0)
        if x > self.data.Close[-1]:
            self.position or self.buy()
        else:
            self.position.close()
