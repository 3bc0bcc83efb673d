# run: 54 462.7708 Weekly
# sound: True
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import crossover, OHLCV_AGG, resample_apply


def SMA(x, n):
    return pd.Series(x).rolling(n).mean()


class Weekly(Strategy):
    def init(self):
        self.daily = self.I(SMA, self.data.Close, 10)
        self.weekly = resample_apply('W', SMA, self.data.Close, 10, plot=False)

    def next(self):
        if crossover(self.data.Close, self.weekly) and not self.position:
            self.buy()
        elif crossover(self.weekly, self.data.Close):
            self.position.close()


data = pd.read_csv('GOOG.csv', index_col='Date', parse_dates=True)
weekly = data.resample('W').agg(OHLCV_AGG)
print(weekly.tail())
bt = Backtest(data, Weekly, cash=1e4, commission=1e-3)
print(bt.run())
