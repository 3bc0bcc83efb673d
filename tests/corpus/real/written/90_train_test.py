# run: 20 123.9546 TT
# run: 8 28.6171 TT
# sound: True
import pandas as pd
from backtesting import Backtest, Strategy

data = pd.read_csv("GOOG.csv", index_col=0, parse_dates=True)
split = int(len(data) * .7)
train, test = data.iloc[:split], data.iloc[split:]


class TT(Strategy):
    n = 30

    def init(self):
        self.h = self.I(lambda x: pd.Series(x).rolling(self.n).max().shift(), self.data.High)
        self.l = self.I(lambda x: pd.Series(x).rolling(self.n // 2).min().shift(), self.data.Low)

    def next(self):
        if self.data.Close[-1] > self.h[-1] and not self.position:
            self.buy()
        elif self.data.Close[-1] < self.l[-1] and self.position:
            self.position.close()


print("in sample", Backtest(train, TT, cash=10_000, commission=.001).run())
print("out of sample", Backtest(test, TT, cash=10_000, commission=.001).run())
