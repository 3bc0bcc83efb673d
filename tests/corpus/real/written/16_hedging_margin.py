# run: 178 37.3569 LongShortHedge
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG
import talib

class LongShortHedge(Strategy):
    def init(self):
        self.k, self.d = self.I(talib.STOCH, self.data.High, self.data.Low, self.data.Close, 14, 3, 0, 3, 0)

    def next(self):
        if self.k[-1] < 20 and self.k[-1] > self.d[-1] and len(self.trades) < 3:
            self.buy(size=10, tp=self.data.Close[-1] * 1.1)
        if self.k[-1] > 80 and self.k[-1] < self.d[-1] and len(self.trades) < 3:
            self.sell(size=5, tp=self.data.Close[-1] * 0.9)
        for t in self.trades:
            if t.pl_pct < -0.1:
                t.close()

bt = Backtest(GOOG, LongShortHedge, cash=20_000, margin=1/5, hedging=True, commission=.0005, spread=.0002)
print(bt.run())
