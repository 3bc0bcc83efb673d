# run: 55 454.8083 Weekly
# sound: True
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.test import GOOG


class Weekly(Strategy):
    def init(self):
        w = self.data.Close.s.resample('W-FRI').last()
        trend = w.rolling(10).mean()
        daily = trend.reindex(self.data.index, method='ffill').shift(1)
        self.trend = self.I(lambda: daily.values, name='weekly')

    def next(self):
        if self.data.Close[-1] > self.trend[-1] and not self.position:
            self.buy()
        elif self.data.Close[-1] < self.trend[-1] and self.position:
            self.position.close()


bt = Backtest(GOOG, Weekly, cash=10_000, commission=.001)
print(bt.run())
