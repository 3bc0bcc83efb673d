# run: 34 327.9345 RocFilter
# sound: True
import pandas as pd
from backtesting import Backtest, Strategy
import talib

df = pd.read_csv('ohlcv.csv', parse_dates=['date'], index_col='date')
df = df.rename(columns=dict(open='Open', high='High', low='Low', close='Close', volume='Volume'))
df['roc'] = talib.ROC(df['Close'].values, timeperiod=12)
df['filter'] = df['Close'] > df['Close'].rolling(50).mean()
df = df.dropna().copy()


class RocFilter(Strategy):
    def init(self):
        self.roc = self.I(lambda x: x, self.data.roc)

    def next(self):
        if self.roc[-1] > 3 and self.data['filter'][-1] and not self.position:
            self.buy()
        elif self.roc[-1] < -3:
            self.position.close()


bt = Backtest(df, RocFilter, cash=10_000, commission=.001)
print(bt.run())
