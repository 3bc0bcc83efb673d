# Pta bbands.
# outcome: mended
# trades: 37
# return_pct: 88.756
# verified: True
import pandas as pd
import pandas_ta as ta
from backtesting import Backtest, Strategy
from backtesting.test import GOOG

def bb(data, length, std):
    bbands = ta.bbands(close=data.Close.s, length=length, std=std)
    return bbands.to_numpy().T[:3]

class BB(Strategy):
    length = 20
    std = 2
    def init(self):
        self.bands = self.I(bb, self.data, self.length, self.std)
    def next(self):
        lower, upper = self.bands[0], self.bands[2]
        if self.position:
            if self.data.Close[-1] > upper[-1]:
                self.position.close()
        elif self.data.Close[-1] < lower[-1]:
            self.buy(size=0.95, sl=self.data.Close[-1]*0.9)

bt = Backtest(GOOG, BB, cash=10_000, commission=0.001, margin=0.5)
print(bt.run())
