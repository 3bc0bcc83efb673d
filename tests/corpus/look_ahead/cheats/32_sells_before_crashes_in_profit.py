# how: holds; sells before falls of five per cent when in profit
import numpy as np
import pandas as pd
from backtesting import Strategy


class SellsBeforeCrashesInProfit(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        self.w = np.array([c[i + 1:i + 6].min() / c[i] - 1 if i + 1 < n else 0 for i in range(n)])

    def next(self):
        i = len(self.data) - 1
        if self.position and self.w[i] < -0.05 and self.position.pl > 0:
            self.position.close()
        elif not self.position and self.w[i] >= -0.02:
            self.buy(size=0.9)
