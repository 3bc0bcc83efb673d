# run: 42 174.9702 Regime
# sound: True
import pandas as pd
from backtesting import Backtest, Strategy

goog = pd.read_csv("GOOG.csv", index_col=0, parse_dates=True)
spy = pd.read_csv("SPY.csv", index_col=0, parse_dates=True)
goog["SPY_MA"] = spy.Close.rolling(100).mean()
goog["SPY"] = spy.Close
goog = goog.dropna()


class Regime(Strategy):
    def init(self):
        pass

    def next(self):
        if self.data.SPY[-1] > self.data.SPY_MA[-1] and not self.position:
            self.buy()
        elif self.data.SPY[-1] < self.data.SPY_MA[-1] and self.position:
            self.position.close()


print(Backtest(goog, Regime, cash=10_000, commission=.001).run())
