from backtesting import Strategy
from backtesting.lib import crossover
import pandas as pd


def MACD(close, fast=12, slow=26, signal=9):
    close = pd.Series(close)
    line = close.ewm(span=fast, adjust=False, min_periods=fast).mean() - close.ewm(span=slow, adjust=False, min_periods=slow).mean()
    return line, line.ewm(span=signal, adjust=False, min_periods=signal).mean()


class Macd(Strategy):
    def init(self):
        self.macd, self.signal = self.I(MACD, self.data.Close)

    def next(self):
        if not self.position and crossover(self.macd, self.signal):
            self.buy()
        elif self.position and crossover(self.signal, self.macd):
            self.position.close()
