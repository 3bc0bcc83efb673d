from backtesting import Strategy


class Percentile(Strategy):
    def init(self):
        close = self.data.Close.s
        self.low = self.I(lambda: close.expanding(50).quantile(0.20))
        self.high = self.I(lambda: close.expanding(50).quantile(0.80))

    def next(self):
        if not self.position and self.data.Close[-1] < self.low[-1]:
            self.buy()
        elif self.position and self.data.Close[-1] > self.high[-1]:
            self.position.close()
