# expect: look_ahead/resample_unshifted
# intent: Buy when the close is above the high of the previous day, sell when it is below the low of the previous day.
# ends: detected
from backtesting import Strategy
import pandas as pd


class Daily(Strategy):
    def init(self):
        df = self.data.df
        daily_high = df['High'].resample('D').max().reindex(df.index, method='ffill')
        daily_low = df['Low'].resample('D').min().reindex(df.index, method='ffill')
        self.dh = self.I(lambda: daily_high.values)
        self.dl = self.I(lambda: daily_low.values)

    def next(self):
        if not self.position and self.data.Close[-1] >= self.dh[-1]:
            self.buy()
        elif self.position and self.data.Close[-1] <= self.dl[-1]:
            self.position.close()
