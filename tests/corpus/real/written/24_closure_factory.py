# run: 32 1.2359 ZScore
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG
import numpy as np
import pandas as pd


def make_strategy(window, z):
    class ZScore(Strategy):
        def init(self):
            def zscore(c):
                s = pd.Series(c)
                return ((s - s.rolling(window).mean()) / s.rolling(window).std()).to_numpy()
            self.z = self.I(zscore, self.data.Close)

        def next(self):
            if not self.position and self.z[-1] < -z:
                self.buy()
            elif self.position and self.z[-1] > 0:
                self.position.close()
    return ZScore


Strat = make_strategy(30, 1.5)
bt = Backtest(GOOG, Strat, cash=10_000, commission=.001)
print(bt.run())
