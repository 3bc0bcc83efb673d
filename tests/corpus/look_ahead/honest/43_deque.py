# how: a window in a deque
from collections import deque
import numpy as np
import pandas as pd
from backtesting import Strategy


class Deque(Strategy):
    def init(self):
        self.q = deque(maxlen=25)

    def next(self):
        self.q.append(float(self.data.Close[-1]))
        if len(self.q) == 25:
            if self.q[-1] > max(list(self.q)[:-1]):
                self.position or self.buy()
            elif self.q[-1] < min(list(self.q)[:-5]):
                self.position.close()
