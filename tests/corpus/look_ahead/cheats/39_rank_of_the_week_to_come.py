# how: the rank of the coming week among all weeks
import numpy as np
import pandas as pd
from backtesting import Strategy


class RankOfTheWeekToCome(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        f = pd.Series(c).pct_change(5).shift(-5)
        self.k = f.rank(pct=True).fillna(0.5).to_numpy()

    def next(self):
        i = len(self.data) - 1
        if self.k[i] > 0.9:
            self.position or self.buy()
        elif self.k[i] < 0.3:
            self.position.close()
