# how: prints on every bar
import numpy as np
import pandas as pd
from backtesting import Strategy


class Prints(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        print(len(self.data), self.data.Close[-1])
        if self.data.Close[-1] > self.m[-1]:
            self.position or self.buy()
        else:
            self.position.close()
