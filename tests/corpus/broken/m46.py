# expect: semantics/wrong_indicator
# intent: Buy when EMA 12 crosses above EMA 26, sell when it crosses below. Long only, all in.
# ends: mended
from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA


class EmaCross(Strategy):
    def init(self):
        self.ema1 = self.I(SMA, self.data.Close, 12)
        self.ema2 = self.I(SMA, self.data.Close, 26)

    def next(self):
        if not self.position and crossover(self.ema1, self.ema2):
            self.buy()
        elif self.position and crossover(self.ema2, self.ema1):
            self.position.close()
