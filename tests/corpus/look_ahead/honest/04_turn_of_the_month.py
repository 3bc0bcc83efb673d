# how: the last trading day of a month, from the calendar of all bars
import numpy as np
import pandas as pd
from backtesting import Strategy


class TurnOfTheMonth(Strategy):
    def init(self):
        x = self.data.index
        self.last = np.append(x.month[1:] != x.month[:-1], False)

    def next(self):
        i = len(self.data) - 1
        if self.last[i] and not self.position:
            self.buy(size=0.9)
        elif self.position and self.data.index[-1].day > 4 and self.data.index[-1].day < 20:
            self.position.close()
