# Works as it is.
# outcome: sound
# trades: 26
# return_pct: 75.465
# verified: True
import talib
from backtesting import Strategy


class Bands(Strategy):
    def init(self):
        self.high, self.mid, self.low = self.I(talib.BBANDS, self.data.Close)

    def next(self):
        if not self.position and self.data.Close[-1] < self.low[-1]:
            self.buy()
        elif self.position and self.data.Close[-1] > self.high[-1]:
            self.position.close()
