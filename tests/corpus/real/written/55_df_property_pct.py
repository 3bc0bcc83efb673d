# run: 102 496.9420 Vol
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG
import numpy as np


class Vol(Strategy):
    look = 20
    target = 0.2

    def init(self):
        returns = self.data.Close.s.pct_change()
        self.vol = self.I(lambda: returns.rolling(self.look).std() * np.sqrt(252), name="vol", overlay=False)

    def next(self):
        v = self.vol[-1]
        size = round(min(0.95, self.target / v), 2)
        if not self.position:
            self.buy(size=size)
        elif len(self.data) % 21 == 0:
            self.position.close()


bt = Backtest(GOOG, Vol, cash=100_000, commission=.0005)
print(bt.run())
