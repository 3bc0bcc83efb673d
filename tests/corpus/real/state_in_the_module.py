# A counter in a module-level dict.
# outcome: sound
# trades: 50
# return_pct: 333.177
# verified: True
from backtesting import Strategy
from backtesting.test import SMA

STATE = {"entries": 0}


class Counted(Strategy):
    def init(self):
        self.mean = self.I(SMA, self.data.Close, 50)

    def next(self):
        if not self.position and self.data.Close[-1] > self.mean[-1]:
            STATE["entries"] += 1
            self.buy()
        elif self.position and self.data.Close[-1] < self.mean[-1]:
            self.position.close()
