from backtesting import Strategy


class Pyramid(Strategy):
    """Adds a fifth of what is left on each new 20 bar high, four times at most."""

    def init(self):
        self.top = self.I(lambda x: x.s.rolling(20).max().shift(1), self.data.High)
        self.low = self.I(lambda x: x.s.rolling(20).min().shift(1), self.data.Low)

    def next(self):
        if self.data.Close[-1] < self.low[-1]:
            self.position.close()
        elif self.data.Close[-1] > self.top[-1] and len(self.trades) < 4:
            self.buy(size=0.2)
