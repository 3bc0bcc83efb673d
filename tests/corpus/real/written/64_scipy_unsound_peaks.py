# run: 100 69020.2579 Pivots
# sound: False
import pandas as pd
import numpy as np
from backtesting import Backtest, Strategy

df = pd.read_csv("GOOG.csv", index_col=0, parse_dates=True)
n = 5
df['low_pivot'] = (df.Low == df.Low.rolling(2 * n + 1, center=True).min()).astype(int)
df['high_pivot'] = (df.High == df.High.rolling(2 * n + 1, center=True).max()).astype(int)


class Pivots(Strategy):
    def init(self):
        pass

    def next(self):
        if self.data.low_pivot[-1] == 1 and not self.position:
            self.buy()
        elif self.data.high_pivot[-1] == 1 and self.position:
            self.position.close()


bt = Backtest(df, Pivots, cash=10_000, commission=.002)
print(bt.run())
