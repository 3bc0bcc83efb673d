# Datetime filter.
# outcome: sound
# trades: 49
# return_pct: -32.533
# verified: True
from datetime import datetime, time
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA
class D(Strategy):
    def init(self):
        self.sma = self.I(SMA, self.data.Close, 30)
        self.last_month = None
    def next(self):
        now = self.data.index[-1]
        if now < pd.Timestamp("2006-01-01"): return
        if now.month != self.last_month:
            self.last_month = now.month
            if self.data.Close[-1] > self.sma[-1] and not self.position:
                self.buy()
            elif self.data.Close[-1] < self.sma[-1]:
                self.position.close()
        if now.weekday() == 4 and self.position.pl_pct > 0.15:
            self.position.close()
df = GOOG.copy()
df = df[df.index >= "2004-01-01"]
start_time = datetime.now()
bt = Backtest(df, D, cash=10_000, commission=.002)
st = bt.run()
print("took", datetime.now() - start_time)
