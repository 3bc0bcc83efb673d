# run: 21 236.6337 Module
# sound: True
import pandas as pd
from backtesting import Backtest, Strategy

df = pd.read_csv('GOOG.csv', index_col='Date', parse_dates=True)
df['MA'] = df['Close'].rolling(80).mean()
df['Upper'] = df['MA'] * 1.03


def ma():
    return df['MA']


class Module(Strategy):
    def init(self):
        self.ma = self.I(ma)
        self.up = self.I(lambda: df['Upper'].values)

    def next(self):
        if not self.position and self.data.Close[-1] > self.up[-1]:
            self.buy()
        elif self.position and self.data.Close[-1] < self.ma[-1]:
            self.position.close()


bt = Backtest(df, Module, cash=10_000, commission=.002)
print(bt.run())
