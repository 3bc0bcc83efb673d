# run: 51 190.6034 Multi
# sound: True
import pandas as pd
import talib as tl
from talib import MA_Type
from backtesting import Backtest, Strategy


def macdext(c):
    return tl.MACDEXT(c, fastperiod=12, fastmatype=MA_Type.SMA, slowperiod=26, slowmatype=MA_Type.SMA, signalperiod=9, signalmatype=MA_Type.SMA)


class Multi(Strategy):
    def init(self):
        c = self.data.Close
        self.macd, self.sig, self.hist = self.I(macdext, c)
        self.mfi = self.I(tl.MFI, self.data.High, self.data.Low, c, self.data.Volume.astype(float), 14)
        self.sar = self.I(tl.SAR, self.data.High, self.data.Low, 0.02, 0.2)

    def next(self):
        if not self.position:
            if self.hist[-1] > 0 and self.mfi[-1] < 60 and self.sar[-1] < self.data.Close[-1]:
                self.buy()
        elif self.sar[-1] > self.data.Close[-1]:
            self.position.close()


df = pd.read_csv("GOOG.csv", index_col="Date", parse_dates=["Date"])
bt = Backtest(df, Multi, cash=10000, commission=.002)
print(bt.run())
