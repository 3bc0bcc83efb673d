# how: keeps its state in a dictionary
import numpy as np
import pandas as pd
from backtesting import Strategy


class DictionaryOfState(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)
        self.s = {'wait': 0}

    def next(self):
        self.s['wait'] -= 1
        if self.s['wait'] < 0 and self.data.Close[-1] > self.m[-1] and not self.position:
            self.buy()
            self.s['wait'] = 10
        elif self.position and self.data.Close[-1] < self.m[-1]:
            self.position.close()
