from backtesting import Strategy


class Turtle(Strategy):
    """Close above the highest high of the 20 bars before; out under the lowest low of the 10 bars before."""

    entry = 20
    leave = 10

    def init(self):
        high, low = self.data.High.s, self.data.Low.s
        self.top = self.I(lambda: high.rolling(self.entry).max().shift(1))
        self.bottom = self.I(lambda: low.rolling(self.leave).min().shift(1))

    def next(self):
        if self.position:
            if self.data.Close[-1] < self.bottom[-1]:
                self.position.close()
        elif self.data.Close[-1] > self.top[-1]:
            self.buy()
