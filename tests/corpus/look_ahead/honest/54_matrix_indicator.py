# how: an indicator of three rows
import numpy as np
import pandas as pd
from backtesting import Strategy


class MatrixIndicator(Strategy):
    def init(self):
        self.b = self.I(lambda c: np.array([pd.Series(c).rolling(20).mean(), pd.Series(c).rolling(20).mean() + 2 * pd.Series(c).rolling(20).std(), pd.Series(c).rolling(20).mean() - 2 * pd.Series(c).rolling(20).std()]), self.data.Close)

    def next(self):
        if self.data.Close[-1] < self.b[2][-1]:
            self.position or self.buy()
        elif self.data.Close[-1] > self.b[1][-1]:
            self.position.close()
