# run: 72 76.3626 TaLib
# sound: True
import pandas as pd
import ta
from ta.trend import MACD, ADXIndicator
from ta.volatility import AverageTrueRange
from backtesting import Backtest, Strategy

df = pd.read_csv("GOOG.csv", index_col="Date", parse_dates=True)


class TaLib(Strategy):
    def init(self):
        c = pd.Series(self.data.Close)
        h, l = pd.Series(self.data.High), pd.Series(self.data.Low)
        macd = MACD(c)
        self.macd = self.I(macd.macd_diff)
        self.adx = self.I(lambda: ADXIndicator(h, l, c, 14).adx())
        self.atr = self.I(lambda: AverageTrueRange(h, l, c, window=14).average_true_range())
        self.rsi = self.I(lambda: ta.momentum.rsi(c, window=14))

    def next(self):
        if not self.position and self.macd[-1] > 0 and self.adx[-1] > 20 and self.rsi[-1] < 75:
            self.buy(sl=self.data.Close[-1] - 3 * self.atr[-1])
        elif self.position and self.macd[-1] < 0:
            self.position.close()


print(Backtest(df, TaLib, cash=10_000, commission=.001).run())
