# run: 13 -3.7156 S
# sound: True
import pandas as pd
import talib
from backtesting import Backtest, Strategy

# ---------------- settings ----------------
FILE = 'GOOG.csv'
CASH = 100000
FEE = 0.001
RSI_LEN = 7
RSI_BUY = 25
RSI_SELL = 60
USE_FILTER = True
# ------------------------------------------


def load_data(file=FILE):
    d = pd.read_csv(file, sep=',')
    d.Date = pd.to_datetime(d.Date, format='mixed')
    d = d.set_index('Date')
    return d


class S(Strategy):
    def init(self):
        self.rsi = self.I(talib.RSI, self.data.Close, RSI_LEN)
        if USE_FILTER:
            self.f = self.I(talib.SMA, self.data.Close, 200)

    def next(self):
        ok = self.data.Close[-1] > self.f[-1] if USE_FILTER else True
        if ok and self.rsi[-1] < RSI_BUY and not self.position:
            self.buy()
        elif self.position and self.rsi[-1] > RSI_SELL:
            self.position.close()


def run():
    bt = Backtest(load_data(), S, cash=CASH, commission=FEE)
    return bt.run()


print(run())
