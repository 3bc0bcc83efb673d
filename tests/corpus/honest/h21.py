from backtesting import Strategy
from backtesting.test import SMA


class Scaling(Strategy):
    """Takes half off at ten percent and moves the stop to the entry."""

    def init(self):
        self.sma = self.I(SMA, self.data.Close, 50)
        self.halved = False

    def next(self):
        price = self.data.Close[-1]
        if not self.position:
            self.halved = False
            if price > self.sma[-1] and self.data.Close[-2] <= self.sma[-2]:
                self.buy(size=0.9, sl=price * 0.93)
        elif not self.halved and self.position.pl_pct > 0.10:
            self.position.close(0.5)
            for trade in self.trades:
                trade.sl = trade.entry_price
            self.halved = True
        elif price < self.sma[-1]:
            self.position.close()
