# how: stays out around twelve days of meetings, by date
import numpy as np
import pandas as pd
from backtesting import Strategy


class Holidays(Strategy):
    def init(self):
        self.d = set(pd.to_datetime(['2010-01-27', '2010-03-16', '2010-04-28', '2010-06-23', '2010-08-10', '2010-09-21', '2010-11-03', '2010-12-14', '2011-01-26', '2011-03-15', '2011-04-27', '2011-06-22']))
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        if self.data.index[-1] in self.d:
            self.position.close()
        elif self.data.Close[-1] > self.m[-1] and not self.position:
            self.buy()
