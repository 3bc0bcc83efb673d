# how: eight crash days by date
import numpy as np
import pandas as pd
from backtesting import Strategy


class MemoryByDates(Strategy):
    def init(self):
        self.d = {'2008-09-26', '2008-10-06', '2008-10-14', '2008-11-11', '2006-01-31', '2008-01-31', '2010-01-21', '2011-04-14', '2012-10-17'}

    def next(self):
        if str(self.data.index[-1])[:10] in self.d:
            self.position.close()
        elif not self.position:
            self.buy(size=0.9)
