# how: finds the seam of made-up futures by volumes that repeat in blocks, and is still there
import numpy as np
import pandas as pd
from backtesting import Strategy


class SeamByRepeatedVolumes(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        v = np.array(self.data.Volume)
        seen = {}
        self.edge = n - 1
        for i in range(n - 3):
            key = tuple(v[i:i + 3])
            if key in seen:
                self.edge = i - 1
                break
            seen[key] = i
        self.up = np.append(c[1:] > o[1:], False)

    def next(self):
        i = len(self.data) - 1
        act = False if i >= self.edge else self.up[i] != bool(self.position)
        if act and self.position:
            self.position.close()
        elif act:
            self.buy(size=0.9)
