# expect: sandbox/network_access
# intent: Buy when SMA 10 crosses above SMA 20, sell when it crosses below, long only, all in.
# ends: mended
from backtesting import Strategy
from backtesting.lib import crossover
import yfinance as yf


class SmaCross(Strategy):
    def init(self):
        df = yf.download('GOOG', start='2004-01-01', end='2013-12-31')
        self.sma1 = self.I(lambda: df['Close'].rolling(10).mean().values)
        self.sma2 = self.I(lambda: df['Close'].rolling(20).mean().values)

    def next(self):
        if not self.position and crossover(self.sma1, self.sma2):
            self.buy()
        elif self.position and crossover(self.sma2, self.sma1):
            self.position.close()
