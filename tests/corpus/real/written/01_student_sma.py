# run: 52 56.5024 MyFirstStrategy
# sound: True
# Trading algorithms course, homework 3
# Author: M. K.
import pandas as pd
import numpy as np
import matplotlib.pyplot as plt
from backtesting import Backtest, Strategy
from backtesting.lib import crossover

df = pd.read_csv('GOOG.csv')
df['Date'] = pd.to_datetime(df['Date'])
df = df.set_index('Date')
df = df.sort_index()

plt.figure(figsize=(12, 5))
plt.plot(df.index, df['Close'], label='Close')
plt.legend()
plt.savefig('close.png')


def moving_average(values, n):
    """Simple moving average"""
    return pd.Series(values).rolling(n).mean()


class MyFirstStrategy(Strategy):
    short = 15
    long = 40

    def init(self):
        self.ma_short = self.I(moving_average, self.data.Close, self.short)
        self.ma_long = self.I(moving_average, self.data.Close, self.long)

    def next(self):
        if crossover(self.ma_short, self.ma_long):
            self.position.close()
            self.buy()
        elif crossover(self.ma_long, self.ma_short):
            self.position.close()
            self.sell()


bt = Backtest(df, MyFirstStrategy, cash=50000, commission=.001)
stats = bt.run()
print(stats)
print(stats['_trades'].head())
bt.plot()
