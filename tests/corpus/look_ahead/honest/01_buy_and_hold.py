# how: buys once
import numpy as np
import pandas as pd
from backtesting import Strategy


class BuyAndHold(Strategy):
    def init(self):
        pass

    def next(self):
        if not self.position:
            self.buy()
