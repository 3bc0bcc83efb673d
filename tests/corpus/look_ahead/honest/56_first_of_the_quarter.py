# how: invests when a quarter begins
import numpy as np
import pandas as pd
from backtesting import Strategy


class FirstOfTheQuarter(Strategy):
    def init(self):
        self.q = None

    def next(self):
        q = self.data.index[-1].quarter
        if self.q is not None and q != self.q:
            self.position.close() if self.position else self.buy(size=0.9)
        self.q = q
