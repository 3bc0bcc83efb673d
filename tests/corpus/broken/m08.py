# expect: api/unknown_position_attribute
# intent: Buy when SMA 10 crosses above SMA 20, sell when it crosses below, long only, all in.
# ends: mended
from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA


class SmaCross(Strategy):
    def init(self):
        self.sma1 = self.I(SMA, self.data.Close, 10)
        self.sma2 = self.I(SMA, self.data.Close, 20)

    def next(self):
        if crossover(self.sma1, self.sma2) and not self.position.is_open:
            self.buy()
        elif crossover(self.sma2, self.sma1) and self.position.is_open:
            self.position.exit()
