import pandas as pd
from backtesting import Strategy


class HigherWeek(Strategy):
    """Long while the last complete week closed above the one before."""

    def init(self):
        close = pd.Series(self.data.Close, index=self.data.index)
        weekly = close.resample('W').last()
        up = (weekly.diff() > 0).astype(float).shift(1)
        daily = up.reindex(close.index.normalize(), method='bfill').fillna(0)
        self.up = self.I(lambda: daily.values, name='up')

    def next(self):
        if self.up[-1] and not self.position:
            self.buy()
        elif not self.up[-1] and self.position:
            self.position.close()
