# run: 32 138.7455 W
# sound: True
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import OHLCV_AGG

df = pd.read_csv("GOOG.csv", index_col=0, parse_dates=True)
weekly = df.resample("W-FRI").agg(OHLCV_AGG).dropna()


class W(Strategy):
    def init(self):
        self.m = self.I(lambda x: pd.Series(x).rolling(10).mean(), self.data.Close)

    def next(self):
        if self.data.Close[-1] > self.m[-1] and not self.position:
            self.buy()
        elif self.data.Close[-1] < self.m[-1] and self.position:
            self.position.close()


print(Backtest(weekly, W, cash=10_000, commission=.001).run())
