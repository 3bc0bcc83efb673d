# how: TA-Lib
import talib
import numpy as np
import pandas as pd
from backtesting import Strategy


class TalibRsi(Strategy):
    def init(self):
        self.r = self.I(talib.RSI, self.data.Close, 7)

    def next(self):
        if self.r[-1] < 25:
            self.position or self.buy()
        elif self.r[-1] > 60:
            self.position.close()
