# The strategy's own counters, whose names begin with trades/orders.
# outcome: sound
# trades: 33
# return_pct: 398.433
# verified: True
from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA


class Counts(Strategy):
    def init(self):
        self.fast = self.I(SMA, self.data.Close, 10)
        self.slow = self.I(SMA, self.data.Close, 30)
        self.trades_today = 0
        self.orders_log = []

    def next(self):
        if not self.position and crossover(self.fast, self.slow):
            self.buy()
            self.trades_today += 1
            self.orders_log.append(len(self.data))
        elif self.position and crossover(self.slow, self.fast):
            self.position.close()
