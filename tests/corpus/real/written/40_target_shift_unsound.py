# run: 410 2887144.1967 Oracle
# sound: False
import pandas as pd
from backtesting import Backtest, Strategy

df = pd.read_csv('GOOG.csv', index_col=0, parse_dates=True)
df['tomorrow'] = df['Close'].shift(-1)
df['signal'] = (df['tomorrow'] > df['Close'] * 1.01).astype(int)


class Oracle(Strategy):
    def init(self):
        self.s = self.I(lambda: self.data.signal)

    def next(self):
        if self.s[-1] == 1 and not self.position:
            self.buy()
        elif self.s[-1] == 0 and self.position:
            self.position.close()


bt = Backtest(df, Oracle, cash=10_000)
print(bt.run())
