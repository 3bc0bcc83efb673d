# how: follows moves that mostly go on
import numpy as np
import pandas as pd
from backtesting import Strategy


class VeryOftenRight(Strategy):
    def init(self):
        pass

    def next(self):
        r = self.data.Close[-1] / self.data.Open[-1] - 1
        if r > 0.01:
            self.position or self.buy(size=0.9)
        elif r < -0.01:
            self.position.close()
