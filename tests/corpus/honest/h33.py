import numpy as np
import pandas as pd
from backtesting import Strategy


def sma(x, period):
    return pd.Series(x).rolling(period).mean()


def strength(high, low, close, period):
    smooth = lambda x: x.ewm(alpha=1 / period, min_periods=period).mean()
    up, down = pd.Series(high).diff(), -pd.Series(low).diff()
    spread = smooth(pd.Series(high) - pd.Series(low))
    plus = smooth(up.where((up > down) & (up > 0), 0.0)) / spread
    minus = smooth(down.where((down > up) & (down > 0), 0.0)) / spread
    return 100 * smooth((plus - minus).abs() / (plus + minus))


def level_of_lags(close, lags):
    rows = pd.DataFrame([pd.Series(close).shift(lag) for lag in range(lags)])
    return rows.mean()


def month_so_far(index, close):
    months = index.to_period('M')
    return pd.Series(close, index=index).groupby(months).cummax()


class ManyShapes(Strategy):
    """Short names, inner functions, periods and tables that hold a row for each lag: nothing of it knows later bars."""

    def init(self):
        self.s = self.I(sma, self.data.Close, 20)
        self.strength = self.I(strength, self.data.High, self.data.Low, self.data.Close, 14)
        self.level = self.I(level_of_lags, self.data.Close, 10)
        self.month = self.I(month_so_far, self.data.index, self.data.Close)

    def next(self):
        rising = self.s[-1] > self.s[-2]
        if not self.position and rising and self.strength[-1] > 20 and self.data.Close[-1] > self.level[-1]:
            self.buy()
        elif self.position and self.data.Close[-1] < 0.95 * self.month[-1]:
            self.position.close()
