# expect: pandas/removed_pandas_api
# intent: Three lower closes in a row buy, exit 5 bars after the entry bar.
# ends: mended
from backtesting import Strategy
import pandas as pd


class ThreeDown(Strategy):
    def init(self):
        self.history = pd.Series(dtype=float)

    def next(self):
        self.history = self.history.append(pd.Series([self.data.Close[-1]]), ignore_index=True)
        h = self.history
        if self.position:
            if len(self.data) - 1 - self.trades[0].entry_bar >= 5:
                self.position.close()
        elif len(h) > 3 and h.iloc[-1] < h.iloc[-2] < h.iloc[-3] < h.iloc[-4]:
            self.buy()
