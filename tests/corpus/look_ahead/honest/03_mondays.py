# how: buys on Mondays
import numpy as np
import pandas as pd
from backtesting import Strategy


class Mondays(Strategy):
    def init(self):
        pass

    def next(self):
        d = self.data.index[-1].dayofweek
        if d == 0 and not self.position:
            self.buy(size=0.9)
        elif d == 3:
            self.position.close()
