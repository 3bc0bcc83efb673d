# run: 31 -13.5298 Ab
# sound: True
import talib
from talib import abstract
from backtesting import Backtest, Strategy
from backtesting.test import GOOG


class Ab(Strategy):
    def init(self):
        self.rsi = self.I(abstract.RSI, self.data.Close, 10)
        self.slowk, self.slowd = self.I(talib.STOCH, self.data.High, self.data.Low, self.data.Close)

    def next(self):
        if self.rsi[-1] < 40 and self.slowk[-1] < 30 and not self.position:
            self.buy()
        elif self.rsi[-1] > 60 and self.position:
            self.position.close()


print(Backtest(GOOG, Ab, cash=10_000, commission=.001).run())
