# pandas_ta swallows unknown keywords.
# outcome: sound
# trades: 39
# return_pct: 49.283
# verified: True
import pandas as pd
import pandas_ta as ta
from backtesting import Strategy


class Bands(Strategy):
    def init(self):
        close = pd.Series(self.data.Close)
        bands = ta.bbands(close, length=20, stddev=2)
        atr = ta.atr(pd.Series(self.data.High), pd.Series(self.data.Low), close, length=14, mamode="rma")
        self.low = self.I(lambda: bands.iloc[:, 0])
        self.high = self.I(lambda: bands.iloc[:, 2])
        self.atr = self.I(lambda: atr)

    def next(self):
        price = self.data.Close[-1]
        if not self.position and price < self.low[-1]:
            self.buy(sl=price - 3 * self.atr[-1])
        elif self.position and price > self.high[-1]:
            self.position.close()
