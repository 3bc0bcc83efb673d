# expect: runtime/undefined_attribute
# intent: Buy when SMA 10 crosses above SMA 20, sell when it crosses below, long only, all in.
# ends: mended
from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA


class SmaCross(Strategy):
    def init(self):
        self.sma_fast = self.I(SMA, self.data.Close, 10)
        self.sma_slow = self.I(SMA, self.data.Close, 20)

    def next(self):
        if not self.position and crossover(self.fast_sma, self.slow_sma):
            self.buy()
        elif self.position and crossover(self.slow_sma, self.fast_sma):
            self.position.close()
