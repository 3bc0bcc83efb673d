# run: 25 26.5513 Kelly
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA


class Kelly(Strategy):
    start_size = 0.25

    def init(self):
        self.ma = self.I(SMA, self.data.Close, 60)
        self.wins, self.losses = [], []
        self.seen = 0

    def fraction(self):
        for t in self.closed_trades[self.seen:]:
            (self.wins if t.pl > 0 else self.losses).append(t.pl_pct)
        self.seen = len(self.closed_trades)
        if len(self.wins) < 2 or len(self.losses) < 2:
            return self.start_size
        p = len(self.wins) / (len(self.wins) + len(self.losses))
        b = (sum(self.wins) / len(self.wins)) / abs(sum(self.losses) / len(self.losses))
        f = p - (1 - p) / b
        return min(max(f, 0.05), 0.9)

    def next(self):
        c = self.data.Close[-1]
        if not self.position and c > self.ma[-1] * 1.02:
            self.buy(size=self.fraction())
        elif self.position and c < self.ma[-1] * 0.98:
            self.position.close()


bt = Backtest(GOOG, Kelly, cash=100_000, commission=.001)
print(bt.run())
