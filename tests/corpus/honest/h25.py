import pandas as pd
from backtesting import Strategy


class DataFrameStyle(Strategy):
    """Everything computed once in a frame, each column declared as an indicator."""

    def init(self):
        df = self.data.df.copy()
        df['Fast'] = df['Close'].ewm(span=12, adjust=False, min_periods=12).mean()
        df['Slow'] = df['Close'].ewm(span=26, adjust=False, min_periods=26).mean()
        df['Range'] = (df['High'] - df['Low']).rolling(14).mean()
        df['Prev'] = df['Close'].shift(1)
        self.fast = self.I(lambda: df['Fast'].values)
        self.slow = self.I(lambda: df['Slow'].values)
        self.range = self.I(lambda: df['Range'].values)
        self.prev = self.I(lambda: df['Prev'].values)

    def next(self):
        if not self.position and self.fast[-1] > self.slow[-1] and self.data.Close[-1] > self.prev[-1]:
            self.buy(sl=self.data.Close[-1] - 3 * self.range[-1])
        elif self.position and self.fast[-1] < self.slow[-1]:
            self.position.close()
