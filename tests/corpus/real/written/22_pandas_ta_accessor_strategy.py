# run: 34 149.9421 AdxTrend
# sound: True
import pandas as pd
import pandas_ta as ta
from backtesting import Backtest, Strategy


class AdxTrend(Strategy):
    length = 14

    def init(self):
        df = self.data.df
        adx = df.ta.adx(length=self.length)
        self.adx = self.I(lambda: adx[f"ADX_{self.length}"].values)
        self.dmp = self.I(lambda: adx[f"DMP_{self.length}"].values)
        self.dmn = self.I(lambda: adx[f"DMN_{self.length}"].values)

    def next(self):
        if self.adx[-1] > 25 and self.dmp[-1] > self.dmn[-1] and not self.position:
            self.buy()
        elif self.dmp[-1] < self.dmn[-1] and self.position:
            self.position.close()


df = pd.read_csv("GOOG.csv", index_col=0, parse_dates=True)
bt = Backtest(df, AdxTrend, cash=10_000, commission=0.002)
print(bt.run())
