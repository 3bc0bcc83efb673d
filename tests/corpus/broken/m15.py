# expect: api/backtrader_idioms
# intent: Buy when SMA 10 crosses above SMA 20, sell when it crosses below, long only, all in.
# ends: mended
import backtrader as bt


class SmaCross(bt.Strategy):
    params = dict(fast=10, slow=20)

    def __init__(self):
        self.sma1 = bt.ind.SMA(self.data.close, period=self.p.fast)
        self.sma2 = bt.ind.SMA(self.data.close, period=self.p.slow)
        self.crossover = bt.ind.CrossOver(self.sma1, self.sma2)

    def next(self):
        if not self.position:
            if self.crossover > 0:
                self.buy()
        elif self.crossover < 0:
            self.close()
