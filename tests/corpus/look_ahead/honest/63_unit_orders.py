# how: orders of one unit on every bar
import numpy as np
import pandas as pd
from backtesting import Strategy


class UnitOrders(Strategy):
    def init(self):
        pass

    def next(self):
        self.buy(size=1)
        if len(self.trades) > 30:
            self.trades[0].close()
