# run: 61 41.8967 System
# sound: True
from backtesting import Backtest, Strategy
from backtesting.lib import resample_apply, crossover
from backtesting.test import GOOG
import pandas as pd


def SMA(array, n):
    return pd.Series(array).rolling(n).mean()


def RSI(array, n):
    gain = pd.Series(array).diff()
    loss = gain.copy()
    gain[gain < 0] = 0
    loss[loss > 0] = 0
    rs = gain.ewm(n).mean() / loss.abs().ewm(n).mean()
    return 100 - 100 / (1 + rs)


class System(Strategy):
    d_rsi = 30
    w_rsi = 30
    level = 70

    def init(self):
        self.ma10 = self.I(SMA, self.data.Close, 10)
        self.ma20 = self.I(SMA, self.data.Close, 20)
        self.ma50 = self.I(SMA, self.data.Close, 50)
        self.daily_rsi = self.I(RSI, self.data.Close, self.d_rsi)
        self.weekly_rsi = resample_apply('W-FRI', RSI, self.data.Close, self.w_rsi)

    def next(self):
        price = self.data.Close[-1]
        if (not self.position and self.daily_rsi[-1] > 55 and
                self.weekly_rsi[-1] > 50 and
                self.ma10[-1] > self.ma20[-1] > self.ma50[-1]):
            self.buy(sl=.92 * price)
        elif price < .98 * self.ma10[-1]:
            self.position.close()


backtest = Backtest(GOOG, System, commission=.002)
print(backtest.run())
