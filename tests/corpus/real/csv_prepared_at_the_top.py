# The commonest script of all.
# outcome: mended
# trades: 33
# return_pct: 398.433
# verified: True
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import SMA

data = pd.read_csv("prices.csv", index_col=0, parse_dates=True)
data.columns = [name.strip().capitalize() for name in data.columns]
data = data.dropna()


class Cross(Strategy):
    def init(self):
        self.fast = self.I(SMA, self.data.Close, 10)
        self.slow = self.I(SMA, self.data.Close, 30)

    def next(self):
        if not self.position and crossover(self.fast, self.slow):
            self.buy()
        elif self.position and crossover(self.slow, self.fast):
            self.position.close()


bt = Backtest(data, Cross, cash=10_000, commission=0.002)
print(bt.run())
bt.plot()
