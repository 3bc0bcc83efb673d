from backtesting import Strategy


class LimitOrders(Strategy):
    def init(self):
        self.low20 = self.I(lambda: self.data.Low.s.rolling(20).min())
        self.high20 = self.I(lambda: self.data.High.s.rolling(20).max())

    def next(self):
        for order in self.orders:
            order.cancel()
        if not self.position:
            price = self.low20[-1] * 1.001
            if price < self.data.Close[-1]:
                self.buy(limit=price, size=0.5, sl=price * 0.9)
        elif self.data.Close[-1] >= self.high20[-1]:
            self.position.close()
