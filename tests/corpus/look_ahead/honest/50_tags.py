# how: orders with tags
import numpy as np
import pandas as pd
from backtesting import Strategy


class Tags(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        if self.data.Close[-1] > self.m[-1] and not self.position:
            self.buy(tag=f'day {len(self.data)}')
        elif self.data.Close[-1] < self.m[-1]:
            self.position.close()
