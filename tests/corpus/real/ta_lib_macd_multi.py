# Ta lib macd multi.
# outcome: mended
# trades: 72
# return_pct: -24.793
# verified: True
import talib
from talib import MACD, ADX, ATR
from backtesting import Backtest, Strategy
from backtesting.test import GOOG
class M(Strategy):
    def init(self):
        h, l, c = self.data.High, self.data.Low, self.data.Close
        self.macd, self.sig, self.hist = self.I(MACD, c, 12, 26, 9)
        self.adx = self.I(ADX, h, l, c, 14)
        self.atr = self.I(ATR, h, l, c, timeperiod=14)
    def next(self):
        if len(self.trades) == 0:
            if self.hist[-1] > 0 and self.hist[-2] <= 0 and self.adx[-1] > 20:
                self.buy(sl=self.data.Close[-1] - 2 * self.atr[-1])
            elif self.hist[-1] < 0 and self.hist[-2] >= 0 and self.adx[-1] > 20:
                self.sell(sl=self.data.Close[-1] + 2 * self.atr[-1])
        for t in self.trades:
            if t.is_long and self.hist[-1] < 0: t.close()
            elif t.is_short and self.hist[-1] > 0: t.close()
bt = Backtest(GOOG, M, cash=10_000, commission=.002)
print(bt.run())
