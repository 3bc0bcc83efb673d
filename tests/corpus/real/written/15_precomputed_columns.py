# run: 7 73.6879 SignalFollower
# sound: True
import pandas as pd
import talib
from backtesting import Backtest, Strategy

df = pd.read_csv('goog_daily.csv', parse_dates=['Date']).set_index('Date')
df['EMA50'] = talib.EMA(df['Close'], timeperiod=50)
df['RSI'] = talib.RSI(df['Close'], timeperiod=14)


def signal(row):
    if row['Close'] > row['EMA50'] and row['RSI'] < 45:
        return 1
    if row['RSI'] > 75:
        return -1
    return 0


df['Signal'] = df.apply(signal, axis=1)
df.dropna(inplace=True)


class SignalFollower(Strategy):
    def init(self):
        self.sig = self.I(lambda: self.data.Signal, name='signal')

    def next(self):
        if self.sig[-1] == 1 and not self.position:
            self.buy()
        elif self.sig[-1] == -1 and self.position:
            self.position.close()


bt = Backtest(df, SignalFollower, cash=10000, commission=.001)
stats = bt.run()
print(stats)
