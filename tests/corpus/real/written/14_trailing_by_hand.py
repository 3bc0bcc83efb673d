# run: 59 152.0145 ATRTrail
# sound: True
import yfinance as yf
import talib
from backtesting import Backtest, Strategy

class ATRTrail(Strategy):
    atr_mult = 3.0
    trend = 100

    def init(self):
        h, l, c = self.data.High, self.data.Low, self.data.Close
        self.atr = self.I(talib.ATR, h, l, c, 14)
        self.ema = self.I(talib.EMA, c, self.trend)

    def next(self):
        close = self.data.Close[-1]
        for trade in self.trades:
            if trade.is_long:
                trade.sl = max(trade.sl or -1, close - self.atr_mult * self.atr[-1])
        if not self.position and close > self.ema[-1]:
            self.buy(sl=close - self.atr_mult * self.atr[-1])

df = yf.Ticker("GOOG").history(period="max", interval="1d")
df = df.tz_localize(None) if df.index.tz is not None else df
df = df[["Open","High","Low","Close","Volume"]].dropna()
bt = Backtest(df, ATRTrail, cash=10000, commission=.002, exclusive_orders=True)
print(bt.run())
