# Tz data global used.
# outcome: mended
# trades: 78
# return_pct: 459.790
# verified: True
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA
SETTINGS = {}
SETTINGS["n"] = 30
SETTINGS.update(stop=0.08)
for key in list(SETTINGS):
    print(key, SETTINGS[key])
class T(Strategy):
    def init(self):
        self.m = self.I(SMA, self.data.Close, SETTINGS["n"])
    def next(self):
        if not self.position and self.data.Close[-1] > self.m[-1]:
            self.buy(sl=self.data.Close[-1]*(1-SETTINGS["stop"]))
        elif self.position and self.data.Close[-1] < self.m[-1]:
            self.position.close()
data = GOOG
data.index = pd.to_datetime(data.index)
assert not data.empty
bt = Backtest(data, T, cash=10_000, commission=.002)
try:
    stats = bt.run()
    print(stats)
except Exception as e:
    print("failed", e)
