# expect: import/local_module_import
# intent: RSI(14) below 30 buy, above 70 sell. Long only, all in.
# ends: mended
from backtesting import Strategy
from .indicators import RSI


class RsiStrategy(Strategy):
    def init(self):
        self.rsi = self.I(RSI, self.data.Close, 14)

    def next(self):
        if not self.position and self.rsi[-1] < 30:
            self.buy()
        elif self.position and self.rsi[-1] > 70:
            self.position.close()
