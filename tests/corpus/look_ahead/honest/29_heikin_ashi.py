# how: Heikin-Ashi bars by a loop
import numpy as np
import pandas as pd
from backtesting import Strategy


class HeikinAshi(Strategy):
    def init(self):
        o, h, l, c = (np.array(x) for x in (self.data.Open, self.data.High, self.data.Low, self.data.Close))
        hc = (o + h + l + c) / 4
        ho = o.copy()
        for i in range(1, len(o)):
            ho[i] = (ho[i - 1] + hc[i - 1]) / 2
        self.g = self.I(lambda: hc - ho)

    def next(self):
        if self.g[-1] > 0:
            self.position or self.buy()
        else:
            self.position.close()
