# __init__ with the framework's own arguments and super().
# outcome: sound
# trades: 100
# return_pct: 393.109
# verified: True
from backtesting import Strategy
from backtesting.test import SMA


class Ctor(Strategy):
    def __init__(self, broker, data, params):
        super().__init__(broker, data, params)
        self.bought = 0

    def init(self):
        self.mean = self.I(SMA, self.data.Close, 20)

    def next(self):
        if not self.position and self.data.Close[-1] > self.mean[-1]:
            self.buy()
            self.bought += 1
        elif self.position and self.data.Close[-1] < self.mean[-1]:
            self.position.close()
