# how: an indicator of NaN that next fills, as in the library's own example
import numpy as np
import pandas as pd
from backtesting import Strategy


class ForecastFilledInNext(Strategy):
    def init(self):
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)
        self.f = self.I(lambda: np.append(0.0, np.repeat(np.nan, len(self.data) - 1)), name='forecast')

    def next(self):
        self.f[-1] = self.data.Close[-1] - self.m[-1]
        if self.f[-1] > 0:
            self.position or self.buy()
        else:
            self.position.close()
