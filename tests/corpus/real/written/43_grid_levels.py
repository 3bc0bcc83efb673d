# run: 64 21.9709 Grid
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG


class Grid(Strategy):
    step = 0.05
    levels = 4
    qty = 8

    def init(self):
        self.anchor = None

    def next(self):
        price = self.data.Close[-1]
        if self.anchor is None:
            self.anchor = price
        if not self.trades and price > self.anchor * (1 + self.step):
            self.anchor = price
        level = int((self.anchor - price) / (self.anchor * self.step))
        if 0 < level <= self.levels and len(self.trades) < level:
            self.buy(size=self.qty, tp=price * (1 + self.step))


bt = Backtest(GOOG, Grid, cash=50_000, commission=.0005)
s = bt.run()
print(s)
