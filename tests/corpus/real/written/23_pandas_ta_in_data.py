# run: 23 40.6063 Dip
# sound: True
import yfinance as yf
import pandas_ta as ta
from backtesting import Backtest, Strategy

df = yf.download("GOOG", period="10y", auto_adjust=True)
df.columns = [c[0] if isinstance(c, tuple) else c for c in df.columns]
df.ta.rsi(length=14, append=True)
df.ta.ema(length=200, append=True)
df = df.dropna()


class Dip(Strategy):
    def init(self):
        pass

    def next(self):
        rsi = self.data.RSI_14[-1]
        ema = self.data.EMA_200[-1]
        if not self.position and rsi < 40 and self.data.Close[-1] > ema:
            self.buy(sl=self.data.Close[-1] * .93)
        elif self.position and rsi > 65:
            self.position.close()


bt = Backtest(df, Dip, cash=10_000, commission=.001)
print(bt.run())
