# expect: pandas/chained_assignment
# intent: Buy when SMA 10 crosses above SMA 20, sell when it crosses below, long only, all in.
# ends: mended
from backtesting import Strategy
import pandas as pd


class SmaCross(Strategy):
    def init(self):
        df = self.data.df.copy()
        df['fast'] = df['Close'].rolling(10).mean()
        df['slow'] = df['Close'].rolling(20).mean()
        df['signal'] = 0.0
        df['signal'][(df['fast'] > df['slow']) & (df['fast'].shift(1) <= df['slow'].shift(1))] = 1.0
        df['signal'][(df['fast'] < df['slow']) & (df['fast'].shift(1) >= df['slow'].shift(1))] = -1.0
        self.signal = self.I(lambda: df['signal'].values)

    def next(self):
        if not self.position and self.signal[-1] == 1:
            self.buy()
        elif self.position and self.signal[-1] == -1:
            self.position.close()
