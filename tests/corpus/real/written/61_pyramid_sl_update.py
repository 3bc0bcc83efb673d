# run: 70 78.1028 Pyramid
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA


class Pyramid(Strategy):
    max_units = 4
    step = 0.04

    def init(self):
        self.slow = self.I(SMA, self.data.Close, 120)
        self.last = None

    def next(self):
        px = self.data.Close[-1]
        if px < self.slow[-1]:
            if self.position:
                self.position.close()
            self.last = None
            return
        if self.last is None or (px > self.last * (1 + self.step) and len(self.trades) < self.max_units):
            self.buy(size=0.2)
            self.last = px
            for t in self.trades:
                t.sl = px * 0.88 if t.sl is None else max(t.sl, px * 0.88)


if __name__ == "__main__":
    stats = Backtest(GOOG, Pyramid, cash=50_000, commission=.0005).run(max_units=3)
    print(stats)
