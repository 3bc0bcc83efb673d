from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA


class Base(Strategy):
    """Shared entries and exits."""

    fast, slow = 10, 20

    def init(self):
        self.a = self.I(SMA, self.data.Close, self.fast)
        self.b = self.I(SMA, self.data.Close, self.slow)

    def enter(self):
        return crossover(self.a, self.b)

    def leave(self):
        return crossover(self.b, self.a)

    def next(self):
        if not self.position and self.enter():
            self.buy()
        elif self.position and self.leave():
            self.position.close()


class Slower(Base):
    fast, slow = 20, 50
