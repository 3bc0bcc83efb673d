import pandas as pd
from backtesting import Strategy


class PreviousDay(Strategy):
    """Yesterday's range, shifted by one day before it is shown to today's bars."""

    def init(self):
        df = self.data.df
        daily = df.resample('D').agg({'High': 'max', 'Low': 'min'}).dropna().shift(1)
        ranges = daily.reindex(df.index, method='ffill')
        self.high = self.I(lambda: ranges['High'].values)
        self.low = self.I(lambda: ranges['Low'].values)

    def next(self):
        if not self.position and self.data.Close[-1] > self.high[-1]:
            self.buy()
        elif self.position and self.data.Close[-1] < self.low[-1]:
            self.position.close()
