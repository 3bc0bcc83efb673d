# run: 52 -24.7436 CciStoch
# sound: True
import pandas as pd
import pandas_ta as ta
from backtesting import Backtest, Strategy


def stoch_k(h, l, c):
    return ta.stoch(pd.Series(h), pd.Series(l), pd.Series(c), k=14, d=3, smooth_k=3)["STOCHk_14_3_3"]


def cci(h, l, c, n=20):
    return ta.cci(pd.Series(h), pd.Series(l), pd.Series(c), length=n)


class CciStoch(Strategy):
    def init(self):
        self.cci = self.I(cci, self.data.High, self.data.Low, self.data.Close)
        self.willr = self.I(lambda: ta.willr(self.data.High.s, self.data.Low.s, self.data.Close.s, length=14))

    def next(self):
        if not self.position and self.cci[-1] < -100 and self.willr[-1] < -80:
            self.buy(sl=self.data.Close[-1] * .9)
        elif self.position and self.cci[-1] > 100:
            self.position.close()


df = pd.read_csv('GOOG.csv', parse_dates=['Date'], index_col='Date')
bt = Backtest(df, CciStoch, cash=10_000, commission=.002)
print(bt.run())
