# Yf main helper.
# outcome: mended
# trades: 40
# return_pct: 32.768
# verified: True
import yfinance as yf
import pandas as pd
import matplotlib.pyplot as plt
from backtesting import Backtest, Strategy
from backtesting.lib import crossover

TICKER = "AAPL"
START, END = "2015-01-01", "2020-01-01"


def get_data(ticker):
    df = yf.download(ticker, start=START, end=END)
    df.columns = [c[0] if isinstance(c, tuple) else c for c in df.columns]
    return df.dropna()


def SMA(values, n):
    return pd.Series(values).rolling(n).mean()


class SmaCross(Strategy):
    n1 = 20
    n2 = 50

    def init(self):
        price = self.data.Close
        self.ma1 = self.I(SMA, price, self.n1)
        self.ma2 = self.I(SMA, price, self.n2)

    def next(self):
        if crossover(self.ma1, self.ma2):
            self.position.close()
            self.buy()
        elif crossover(self.ma2, self.ma1):
            self.position.close()
            self.sell()


def run_backtest(data, strategy=SmaCross, cash=25_000, commission=0.001):
    bt = Backtest(data, strategy, cash=cash, commission=commission, exclusive_orders=True)
    stats = bt.run()
    return bt, stats


df = get_data(TICKER)
bt, stats = run_backtest(df)
print(stats)
fig, ax = plt.subplots(2, 1, figsize=(10, 8))
ax[0].plot(df.index, df["Close"])
plt.show()
