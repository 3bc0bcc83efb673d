# how: computes with Decimal
from decimal import Decimal
import numpy as np
import pandas as pd
from backtesting import Strategy


class Decimals(Strategy):
    def init(self):
        self.d = Decimal(0)

    def next(self):
        self.d = self.d * Decimal('0.9') + Decimal(str(float(self.data.Close[-1]))) * Decimal('0.1')
        if float(self.d) < self.data.Close[-1] and not self.position:
            self.buy()
        elif float(self.d) > self.data.Close[-1] and self.position:
            self.position.close()
