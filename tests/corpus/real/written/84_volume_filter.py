# run: 56 21.2314 V
# sound: True
import pandas as pd
from backtesting import Backtest, Strategy

df = pd.read_csv("GOOG.csv", index_col=0, parse_dates=True)
df = df[df["Volume"] > 0]
df = df[~df.index.duplicated(keep="first")].sort_index()


class V(Strategy):
    def init(self):
        self.v = self.I(lambda x: pd.Series(x).rolling(20).mean(), self.data.Volume)

    def next(self):
        if self.data.Volume[-1] > 1.5 * self.v[-1] and self.data.Close[-1] > self.data.Open[-1] and not self.position:
            self.buy()
        elif self.position and len(self.data) - self.trades[0].entry_bar > 10:
            self.position.close()


print(Backtest(df, V, cash=10_000, commission=.001).run())
