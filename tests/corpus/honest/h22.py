from backtesting import Strategy


class Averages(Strategy):
    """Recomputes in next, which is slow and honest."""

    def init(self):
        pass

    def next(self):
        close = self.data.Close
        if len(close) < 50:
            return
        fast, slow = close[-10:].mean(), close[-50:].mean()
        if not self.position and fast > slow:
            self.buy()
        elif self.position and fast < slow:
            self.position.close()
