# how: sizes by what it won so far
import numpy as np
import pandas as pd
from backtesting import Strategy


class Kelly(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        w = [t.pl > 0 for t in self.closed_trades[-20:]]
        k = max(0.1, min(0.9, 2 * (sum(w) / len(w)) - 0.5)) if w else 0.3
        if self.data.Close[-1] > self.m[-1] and not self.position:
            self.buy(size=k)
        elif self.data.Close[-1] < self.m[-1]:
            self.position.close()
