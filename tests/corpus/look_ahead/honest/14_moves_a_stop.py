# how: moves a stop on every bar
import numpy as np
import pandas as pd
from backtesting import Strategy


class MovesAStop(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        if not self.position and self.data.Close[-1] > self.m[-1]:
            self.buy(size=0.9)
        for t in self.trades:
            t.sl = max(t.sl or 0, self.data.Close[-1] * 0.93)
