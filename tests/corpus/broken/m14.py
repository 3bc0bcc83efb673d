# expect: api/pine_idioms
# intent: Buy when SMA 10 crosses above SMA 20, sell when it crosses below, long only, all in.
# ends: mended
from backtesting import Strategy


class SmaCross(Strategy):
    def init(self):
        self.fast = ta.sma(close, 10)
        self.slow = ta.sma(close, 20)

    def next(self):
        if ta.crossover(self.fast, self.slow):
            strategy.entry("Long", strategy.long)
        if ta.crossunder(self.fast, self.slow):
            strategy.close("Long")
