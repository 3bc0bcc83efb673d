# expect: import/package_not_available
# intent: RSI(14) below 30 buy, above 70 sell. Long only, all in.
# ends: sound
import ta
import pandas as pd
from backtesting import Strategy


class RsiStrategy(Strategy):
    rsi_period = 14
    oversold = 30
    overbought = 70

    def init(self):
        close = pd.Series(self.data.Close)
        self.rsi = self.I(lambda: ta.momentum.RSIIndicator(close, window=self.rsi_period).rsi())

    def next(self):
        if not self.position and self.rsi[-1] < self.oversold:
            self.buy()
        elif self.position and self.rsi[-1] > self.overbought:
            self.position.close()
