# expect: order/stop_not_a_price
# intent: Buy when SMA 20 crosses above SMA 50, sell when it crosses below. Stop loss 5 % below the close.
# ends: mended
from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA


class SmaCross(Strategy):
    stop_loss_pct = 0.05

    def init(self):
        self.fast = self.I(SMA, self.data.Close, 20)
        self.slow = self.I(SMA, self.data.Close, 50)

    def next(self):
        if not self.position and crossover(self.fast, self.slow):
            self.buy(sl=self.stop_loss_pct)
        elif self.position and crossover(self.slow, self.fast):
            self.position.close()
