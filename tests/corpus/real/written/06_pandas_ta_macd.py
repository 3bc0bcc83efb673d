# run: 77 227.2057 MacdPta
# sound: True
import pandas as pd
import pandas_ta as ta
import yfinance as yf
from backtesting import Backtest, Strategy
from backtesting.lib import crossover

data = yf.download("GOOG", start="2004-01-01", end="2013-01-01", multi_level_index=False)


def macd_line(close, fast, slow, sig):
    m = ta.macd(pd.Series(close), fast=fast, slow=slow, signal=sig)
    return m.iloc[:, 0]


def macd_signal(close, fast, slow, sig):
    m = ta.macd(pd.Series(close), fast=fast, slow=slow, signal=sig)
    return m.iloc[:, 2]


class MacdPta(Strategy):
    fast, slow, sig = 12, 26, 9

    def init(self):
        self.macd = self.I(macd_line, self.data.Close, self.fast, self.slow, self.sig)
        self.signal = self.I(macd_signal, self.data.Close, self.fast, self.slow, self.sig)

    def next(self):
        if crossover(self.macd, self.signal):
            self.buy()
        elif crossover(self.signal, self.macd):
            self.position.close()


bt = Backtest(data, MacdPta, cash=10000, commission=0.001)
output = bt.run()
print(output)
