# run: 10 -0.2753 SqueezeBreak
# sound: True
import os
import pandas as pd
import talib
from backtesting import Backtest, Strategy

print("🚀 Starting squeeze backtest...")

data = pd.read_csv(os.path.join(os.path.dirname(os.path.abspath(__file__)), "BTC-USD-15m.csv"))
data.columns = data.columns.str.strip().str.lower()
data = data.drop(columns=[col for col in data.columns if 'unnamed' in col.lower()])
data = data.rename(columns={'open': 'Open', 'high': 'High', 'low': 'Low', 'close': 'Close', 'volume': 'Volume'})
data['datetime'] = pd.to_datetime(data['datetime'])
data = data.set_index('datetime')


class SqueezeBreak(Strategy):
    bb_period = 20
    bb_std = 2
    kc_mult = 1.5
    risk = 0.02

    def init(self):
        def upper(c): return talib.BBANDS(c, self.bb_period, self.bb_std, self.bb_std)[0]
        def lower(c): return talib.BBANDS(c, self.bb_period, self.bb_std, self.bb_std)[2]
        self.bb_up = self.I(upper, self.data.Close)
        self.bb_lo = self.I(lower, self.data.Close)
        self.ema = self.I(talib.EMA, self.data.Close, timeperiod=20)
        self.atr = self.I(talib.ATR, self.data.High, self.data.Low, self.data.Close, timeperiod=14)
        self.adx = self.I(talib.ADX, self.data.High, self.data.Low, self.data.Close, timeperiod=14)
        print("✨ Indicators ready")

    def next(self):
        if len(self.data) < 50:
            return
        price = self.data.Close[-1]
        squeeze = (self.bb_up[-2] < self.ema[-2] + self.kc_mult * self.atr[-2])
        if not self.position:
            if squeeze and price > self.bb_up[-1] and self.adx[-1] > 18:
                sl = price - 2 * self.atr[-1]
                tp = price + 4 * self.atr[-1]
                qty = int(round(self.equity * self.risk / (price - sl)))
                qty = min(qty, int(self.equity * 0.9 / price))
                if qty > 0:
                    print(f"🌙 LONG {qty} @ {price:.2f} | SL {sl:.2f} | TP {tp:.2f}")
                    self.buy(size=qty, sl=sl, tp=tp)
        else:
            if price < self.ema[-1]:
                print("💫 close")
                self.position.close()


bt = Backtest(data, SqueezeBreak, cash=1_000_000, commission=.002)
stats = bt.run()
print(stats)
print(stats._strategy)
