# run: 40 7.6332 DCA
# sound: True
import math
from backtesting import Backtest, Strategy
from backtesting.test import GOOG

GOOG = GOOG * 10**-3


class DCA(Strategy):
    def init(self):
        pass

    def next(self):
        if self.data.index[-1].dayofweek == 1 and len(self.trades) < 40:
            self.buy(size=math.floor(5000 * 10**-3 / self.data.Close[-1]) + 1)


bt = Backtest(GOOG, DCA, trade_on_close=True)
print(bt.run())
