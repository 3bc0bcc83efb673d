# expect: datetime/date_as_text
# intent: Close crosses above SMA(50) buy; sell when the close crosses below it. Only from 2008-01-01 on.
# ends: detected
from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA


class Cross(Strategy):
    start = '2008-01-01'

    def init(self):
        self.sma = self.I(SMA, self.data.Close, 50)

    def next(self):
        if self.data.index[-1] < self.start:
            return
        if not self.position and crossover(self.data.Close, self.sma):
            self.buy()
        elif self.position and crossover(self.sma, self.data.Close):
            self.position.close()
