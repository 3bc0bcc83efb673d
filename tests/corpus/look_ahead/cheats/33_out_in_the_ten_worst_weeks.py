# how: holds, and is out in the ten worst weeks
import numpy as np
import pandas as pd
from backtesting import Strategy


class OutInTheTenWorstWeeks(Strategy):
    def init(self):
        o = np.array(self.data.Open); c = np.array(self.data.Close); n = len(c)
        r = pd.Series(c).pct_change(5).shift(-5).to_numpy()
        self.out = set(np.argsort(np.nan_to_num(r))[:10])

    def next(self):
        i = len(self.data) - 1
        if any(i - k in self.out for k in range(5)):
            self.position.close()
        elif not self.position:
            self.buy(size=0.9)
