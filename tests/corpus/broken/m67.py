# expect: datetime/time_zone_mismatch
# intent: Close crosses above SMA(50) buy; sell when the close crosses below it. Only from 2008-01-01 on.
# ends: mended
from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA
import pandas as pd


class Cross(Strategy):
    def init(self):
        self.sma = self.I(SMA, self.data.Close, 50)
        self.start = pd.Timestamp('2008-01-01', tz='UTC')

    def next(self):
        if self.data.index[-1] < self.start:
            return
        if not self.position and crossover(self.data.Close, self.sma):
            self.buy()
        elif self.position and crossover(self.sma, self.data.Close):
            self.position.close()
