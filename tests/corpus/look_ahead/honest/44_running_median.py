# how: a running median with bisect
import bisect
import numpy as np
import pandas as pd
from backtesting import Strategy


class RunningMedian(Strategy):
    def init(self):
        self.s = []

    def next(self):
        x = float(self.data.Close[-1])
        bisect.insort(self.s, x)
        m = self.s[len(self.s) // 2]
        if x > m and not self.position:
            self.buy()
        elif x < m and self.position:
            self.position.close()
