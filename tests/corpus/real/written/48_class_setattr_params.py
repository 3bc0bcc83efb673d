# run: 55 296.0091 Aroon
# sound: True
import pandas as pd
import talib
from backtesting import Backtest, Strategy


class Aroon(Strategy):
    length = 25
    gap = 50

    def init(self):
        self.down, self.up = self.I(talib.AROON, self.data.High, self.data.Low, self.length)

    def next(self):
        diff = self.up[-1] - self.down[-1]
        if diff > self.gap and not self.position:
            self.buy()
        elif diff < 0 and self.position:
            self.position.close()


Aroon.length = 14
Aroon.gap = 40

df = pd.read_csv("GOOG.csv", index_col="Date", parse_dates=True).loc["2005":"2012"]
bt = Backtest(df, Aroon, cash=10_000, commission=.001)
print(bt.run())
