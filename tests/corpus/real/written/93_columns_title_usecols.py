# run: 72 454.4289 Cols
# sound: True
import pandas as pd
from backtesting import Backtest, Strategy

df = pd.read_csv("data.csv", usecols=["date", "open", "high", "low", "close", "volume"])
df.columns = [c.capitalize() for c in df.columns]
df = df.assign(Date=pd.to_datetime(df["Date"])).set_index("Date")
df = df.assign(hl2=(df.High + df.Low) / 2, trend=lambda d: d.Close.diff(20))


class Cols(Strategy):
    def next(self):
        if self.data.trend[-1] > 0 and self.data.Close[-1] > self.data.hl2[-1] and not self.position:
            self.buy()
        elif self.data.trend[-1] < 0 and self.position:
            self.position.close()

    def init(self):
        self.t = self.I(lambda v: v, self.data.trend)


bt = Backtest(df, Cols, cash=10_000, commission=.002)
print(bt.run())
