# Base class inherit.
# outcome: mended
# trades: 63
# return_pct: 418.699
# verified: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA
class Base(Strategy):
    n = 20
    stop = 0.05
    def init(self):
        super().init()
        self.ma = self.I(SMA, self.data.Close, self.n)
    def signal(self):
        raise NotImplementedError
    def next(self):
        s = self.signal()
        if s > 0 and not self.position:
            self.buy(sl=self.data.Close[-1] * (1 - self.stop))
        elif s < 0 and self.position:
            self.position.close()
class Up(Base):
    n = 40
    def signal(self):
        return 1 if self.data.Close[-1] > self.ma[-1] else -1
bt = Backtest(GOOG, Up, cash=10_000, commission=.002)
print(bt.run(stop=0.1))
