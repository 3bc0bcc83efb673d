import math

from backtesting import Strategy
from backtesting.test import SMA


class RiskSized(Strategy):
    risk = 0.01

    def init(self):
        self.sma = self.I(SMA, self.data.Close, 100)

    def next(self):
        price = self.data.Close[-1]
        stop = price * 0.95
        if not self.position and price > self.sma[-1]:
            units = math.floor(self.equity * self.risk / (price - stop))
            if units >= 1:
                self.buy(size=min(units, int(self.equity * 0.95 // price)) or 1, sl=stop)
        elif self.position and price < self.sma[-1]:
            self.position.close()
