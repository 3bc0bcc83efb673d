# how: knows where truncated data end, and tosses a coin of prices there
import numpy as np
import pandas as pd
from backtesting import Strategy


class CoinAtTheEdge(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.n = n
        self.up = np.append(c[1:] > o[1:], False)

    def next(self):
        i = len(self.data) - 1
        act = bool(int(self.data.Close[-1] * 1e6) % 2) if i >= self.n - 1 else self.up[i] != bool(self.position)
        if act and self.position:
            self.position.close()
        elif act:
            self.buy(size=0.9)
