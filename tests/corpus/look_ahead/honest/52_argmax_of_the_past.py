# how: how long ago the high was
import numpy as np
import pandas as pd
from backtesting import Strategy


class ArgmaxOfThePast(Strategy):
    def init(self):
        self.a = self.I(lambda h: pd.Series(h).rolling(25).apply(lambda x: 24 - x.argmax(), raw=True), self.data.High)

    def next(self):
        if self.a[-1] < 3:
            self.position or self.buy()
        elif self.a[-1] > 15:
            self.position.close()
