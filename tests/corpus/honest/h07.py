from backtesting import Strategy
from backtesting.test import SMA


class Trailing(Strategy):
    trail = 0.10

    def init(self):
        self.sma = self.I(SMA, self.data.Close, 50)
        self.peak = 0.0

    def next(self):
        price = self.data.Close[-1]
        if self.position:
            self.peak = max(self.peak, price)
            if price < (1 - self.trail) * self.peak:
                self.position.close()
        elif self.data.Close[-2] <= self.sma[-2] and price > self.sma[-1]:
            self.buy()
            self.peak = price
