# how: closes in parts
import numpy as np
import pandas as pd
from backtesting import Strategy


class Parts(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        if not self.position and self.data.Close[-1] > self.m[-1]:
            self.buy(size=0.9)
        for t in self.trades:
            if t.pl_pct > 0.05 and len(self.data) % 3 == 0:
                t.close(0.5)
        if self.data.Close[-1] < self.m[-1]:
            self.position.close()
