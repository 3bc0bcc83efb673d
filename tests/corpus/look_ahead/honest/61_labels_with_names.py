# how: labels of the next bar in a dictionary, only past ones read
import numpy as np
import pandas as pd
from backtesting import Strategy


class LabelsWithNames(Strategy):
    def init(self):
        c = np.array(self.data.Close)
        self.k = {'label': np.append(c[1:] > c[:-1], False), 'close': c}

    def next(self):
        i = len(self.data) - 1
        if i > 60:
            share = self.k['label'][i - 60:i].mean()
            if share > 0.55 and not self.position:
                self.buy(size=0.9)
            elif share < 0.45 and self.position:
                self.position.close()
