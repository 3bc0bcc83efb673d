# run: 35 395.2819 Keltner
# sound: True
import yfinance as yf
import pandas as pd
from backtesting import Backtest, Strategy

tickers = ["GOOG"]


def true_range(h, l, c):
    pc = pd.Series(c).shift(1)
    return pd.concat([pd.Series(h) - pd.Series(l), (pd.Series(h) - pc).abs(), (pd.Series(l) - pc).abs()], axis=1).max(axis=1)


def atr(h, l, c, n):
    return true_range(h, l, c).rolling(n).mean()


class Keltner(Strategy):
    n = 20
    m = 2

    def init(self):
        self.mid = self.I(lambda x: pd.Series(x).ewm(span=self.n, adjust=False).mean(), self.data.Close)
        self.atr = self.I(atr, self.data.High, self.data.Low, self.data.Close, self.n)

    def next(self):
        if not self.position and self.data.Close[-1] > self.mid[-1] + self.m * self.atr[-1]:
            self.buy()
        if self.position and self.data.Close[-1] < self.mid[-1]:
            self.position.close()


rows = []
for t in tickers:
    d = yf.download(t, start='2000-01-01', multi_level_index=False, progress=False)
    st = Backtest(d, Keltner, cash=10000, commission=.001).run()
    rows.append((t, st['Return [%]'], st['# Trades']))
    print(t, 'done')

table = pd.DataFrame(rows, columns=['ticker', 'return', 'trades']).set_index('ticker')
print(table)
