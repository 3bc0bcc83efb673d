# how: averages a Python list in next
import numpy as np
import pandas as pd
from backtesting import Strategy


class MeanOfAList(Strategy):
    def init(self):
        self.seen = []

    def next(self):
        self.seen.append(float(self.data.Close[-1]))
        m = sum(self.seen[-30:]) / len(self.seen[-30:])
        if self.seen[-1] > m and not self.position:
            self.buy()
        elif self.seen[-1] < m and self.position:
            self.position.close()
