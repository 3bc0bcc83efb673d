# run: 47 525.6231 LongOnly
# run: 94 455.7451 LongShort
# run: 12 135.1556 Slow
# sound: True
from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import GOOG, SMA


class Base(Strategy):
    n1, n2 = 10, 20

    def init(self):
        self.s1 = self.I(SMA, self.data.Close, self.n1)
        self.s2 = self.I(SMA, self.data.Close, self.n2)


class LongOnly(Base):
    def next(self):
        if crossover(self.s1, self.s2):
            self.buy()
        elif crossover(self.s2, self.s1):
            self.position.close()


class LongShort(Base):
    def next(self):
        if crossover(self.s1, self.s2):
            self.position.close()
            self.buy()
        elif crossover(self.s2, self.s1):
            self.position.close()
            self.sell()


class Slow(LongOnly):
    n1, n2 = 40, 100


rows = {}
for strat in [LongOnly, LongShort, Slow]:
    stats = Backtest(GOOG, strat, cash=10_000, commission=.002).run()
    rows[strat.__name__] = stats['Return [%]']
print(rows)
