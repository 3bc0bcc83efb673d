# how: doubles after losses
import numpy as np
import pandas as pd
from backtesting import Strategy


class Martingale(Strategy):
    def init(self):
        self.k = 1

    def next(self):
        if self.closed_trades and self.closed_trades[-1].pl < 0:
            self.k = min(self.k * 2, 8)
        else:
            self.k = 1
        if not self.position and len(self.data) % 9 == 0:
            self.buy(size=0.1 * self.k)
        elif self.position and len(self.data) % 9 == 6:
            self.position.close()
