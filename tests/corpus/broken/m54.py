# expect: look_ahead/future_row
# intent: Buy when the close is above the previous close, sell when it is below the previous close. Long only.
# ends: mended
from backtesting import Strategy


class Peek(Strategy):
    def init(self):
        self.closes = self.data.Close.tolist()

    def next(self):
        i = len(self.data) - 1
        if i + 1 >= len(self.closes):
            return
        if not self.position and self.closes[i + 1] > self.closes[i]:
            self.buy()
        elif self.position and self.closes[i + 1] < self.closes[i]:
            self.position.close()
