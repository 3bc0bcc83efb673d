# run: 19 239.1274 Mixed
# sound: True
from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import GOOG, SMA


class StopMixin:
    stop = 0.05

    def protect(self):
        for trade in self.trades:
            if trade.sl is None:
                trade.sl = trade.entry_price * (1 - self.stop)


class LogMixin:
    verbose = False

    def log(self, txt):
        if self.verbose:
            print(f"{self.data.index[-1].date()} {txt}")


class Mixed(StopMixin, LogMixin, Strategy):
    def init(self):
        self.x = self.I(SMA, self.data.Close, 12)
        self.y = self.I(SMA, self.data.Close, 60)

    def next(self):
        self.protect()
        if crossover(self.x, self.y):
            self.log("buy")
            self.buy(size=.98)
        elif crossover(self.y, self.x):
            self.log("close")
            self.position.close()


bt = Backtest(GOOG, Mixed, cash=10_000, commission=.001)
stats = bt.run(verbose=True, stop=.12)
print(stats)
