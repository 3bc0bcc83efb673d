# Pasted script.
# outcome: mended
# trades: 94
# return_pct: 455.745
# verified: True
from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import GOOG, SMA


class Flip(Strategy):
    def init(self):
        self.fast = self.I(SMA, self.data.Close, 10)
        self.slow = self.I(SMA, self.data.Close, 20)

    def next(self):
        if crossover(self.fast, self.slow):
            self.buy()
        elif crossover(self.slow, self.fast):
            self.sell()


bt = Backtest(GOOG, Flip, cash=10_000, commission=0.002, exclusive_orders=True)
print(bt.run())
