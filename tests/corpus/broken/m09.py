# expect: api/unknown_order_argument
# intent: Buy when SMA 20 crosses above SMA 50, sell when it crosses below. Stop loss 5 % below the close, take profit 10 % above it.
# ends: mended
from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA


class SmaCross(Strategy):
    def init(self):
        self.fast = self.I(SMA, self.data.Close, 20)
        self.slow = self.I(SMA, self.data.Close, 50)

    def next(self):
        price = self.data.Close[-1]
        if not self.position and crossover(self.fast, self.slow):
            self.buy(stop_loss=price * 0.95, take_profit=price * 1.10)
        elif self.position and crossover(self.slow, self.fast):
            self.position.close()
