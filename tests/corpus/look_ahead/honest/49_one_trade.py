# how: one trade by the calendar
import numpy as np
import pandas as pd
from backtesting import Strategy


class OneTrade(Strategy):
    def init(self):
        pass

    def next(self):
        i = len(self.data)
        if i == 500:
            self.buy(size=0.9)
        elif i == 900:
            self.position.close()
