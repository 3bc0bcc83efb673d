# expect: indicator/indicators_in_container
# intent: Buy when SMA 10 crosses above SMA 20, sell when it crosses below, long only, all in.
# ends: mended
from backtesting import Strategy
from backtesting.test import SMA


class SmaCross(Strategy):
    def init(self):
        self.ind = {
            'fast': self.I(SMA, self.data.Close, 10),
            'slow': self.I(SMA, self.data.Close, 20),
        }

    def next(self):
        fast, slow = self.ind['fast'], self.ind['slow']
        if not self.position and fast[-1] > slow[-1] and fast[-2] <= slow[-2]:
            self.buy()
        elif self.position and fast[-1] < slow[-1] and fast[-2] >= slow[-2]:
            self.position.close()
