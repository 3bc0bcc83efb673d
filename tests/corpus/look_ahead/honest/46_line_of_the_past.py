# how: a line through the last 30 bars
import numpy as np
import pandas as pd
from backtesting import Strategy


class LineOfThePast(Strategy):
    def init(self):
        pass

    def next(self):
        if len(self.data) > 30:
            k = np.polyfit(np.arange(30), np.array(self.data.Close[-30:]), 1)[0]
            if k > 0:
                self.position or self.buy()
            else:
                self.position.close()
