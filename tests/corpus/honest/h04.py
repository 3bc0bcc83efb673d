from backtesting import Strategy
from backtesting.lib import crossover
import pandas as pd


def macd(close, fast, slow, signal):
    close = pd.Series(close)
    line = close.ewm(span=fast, adjust=False).mean() - close.ewm(span=slow, adjust=False).mean()
    return line, line.ewm(span=signal, adjust=False).mean()


class Macd(Strategy):
    def init(self):
        self.line, self.signal = self.I(macd, self.data.Close, 12, 26, 9)

    def next(self):
        if crossover(self.line, self.signal):
            self.buy()
        elif crossover(self.signal, self.line):
            self.position.close()
