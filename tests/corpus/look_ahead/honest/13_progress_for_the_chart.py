# how: declares how far the backtest is
import numpy as np
import pandas as pd
from backtesting import Strategy


class ProgressForTheChart(Strategy):
    def init(self):
        n = len(self.data)
        self.p = self.I(lambda: np.arange(n) / n, name='progress')
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        if self.data.Close[-1] > self.m[-1]:
            self.position or self.buy()
        else:
            self.position.close()
