# how: a grid of limit orders
import numpy as np
import pandas as pd
from backtesting import Strategy


class Grid(Strategy):
    def init(self):
        pass

    def next(self):
        if len(self.data) % 10 == 0:
            for x in list(self.orders):
                x.cancel()
            for k in (1, 2, 3):
                self.buy(limit=self.data.Close[-1] * (1 - k / 50), size=0.2)
        if self.position and self.position.pl_pct > 5:
            self.position.close()
