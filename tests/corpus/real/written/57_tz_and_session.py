# run: 145 41.4331 Gap
# sound: True
import yfinance as yf
import pandas as pd
from backtesting import Backtest, Strategy
from datetime import time, timedelta

df = yf.Ticker("GOOG").history(start="2004-08-01", end="2013-04-01", auto_adjust=True, actions=False)
df.index = pd.to_datetime(df.index).tz_localize(None)
df = df.loc[:, ["Open", "High", "Low", "Close", "Volume"]]


class Gap(Strategy):
    gap = 0.01

    def init(self):
        pass

    def next(self):
        if len(self.data) < 3:
            return
        g = self.data.Open[-1] / self.data.Close[-2] - 1
        if self.position and self.data.index[-1] - self.trades[0].entry_time >= timedelta(days=4):
            self.position.close()
        if not self.position and g < -self.gap and self.data.Close[-1] > self.data.Open[-1]:
            self.buy(size=.5)


bt = Backtest(df, Gap, cash=10_000, commission=.0005, trade_on_close=True)
print(bt.run(gap=0.005))
