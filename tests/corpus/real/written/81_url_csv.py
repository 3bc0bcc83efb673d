# run: 24 613.6251 PreCross
# sound: True
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import crossover

URL = "https://raw.githubusercontent.com/someone/data/main/GOOG.csv"
df = pd.read_csv(URL, parse_dates=["Date"], index_col="Date")
df["fast"] = df.Close.ewm(span=10).mean()
df["slow"] = df.Close.ewm(span=40).mean()


class PreCross(Strategy):
    def init(self):
        self.f = self.I(lambda x: x, self.data.fast)
        self.s = self.I(lambda x: x, self.data.slow)

    def next(self):
        if crossover(self.f, self.s):
            self.buy()
        elif crossover(self.s, self.f):
            self.position.close()


print(Backtest(df, PreCross, cash=10_000, commission=.001).run())
