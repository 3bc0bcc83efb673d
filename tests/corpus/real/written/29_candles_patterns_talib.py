# run: 86 30.2325 Candles
# sound: True
import yfinance as yf
import talib
import numpy as np
from backtesting import Backtest, Strategy


class Candles(Strategy):
    hold_days = 5

    def init(self):
        o, h, l, c = self.data.Open, self.data.High, self.data.Low, self.data.Close
        self.engulf = self.I(talib.CDLENGULFING, o, h, l, c)
        self.hammer = self.I(talib.CDLHAMMER, o, h, l, c)
        self.days = 0

    def next(self):
        if self.position:
            self.days += 1
            if self.days >= self.hold_days:
                self.position.close()
                self.days = 0
            return
        if self.engulf[-1] > 0 or self.hammer[-1] > 0:
            self.buy(size=0.95)


ticker = "GOOG"
data = yf.download(ticker, "2004-01-01", "2013-12-31")
if isinstance(data.columns, type(None)):
    raise SystemExit("no data")
data.columns = data.columns.get_level_values(0)
bt = Backtest(data, Candles, cash=10_000, commission=.002)
stats = bt.run()
print(f"{ticker}: {stats['Return [%]']:.1f} % in {stats['# Trades']} trades")
