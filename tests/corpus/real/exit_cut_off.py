# A model's answer that ends in the middle of its exit.
# outcome: unconfirmed
# trades: 1
# return_pct: 323.047
# verified: False
from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA


class Cross(Strategy):
    def init(self):
        self.fast = self.I(SMA, self.data.Close, 10)
        self.slow = self.I(SMA, self.data.Close, 30)

    def next(self):
        if not self.position:
            if crossover(self.fast, self.slow):
                self.buy()
                print(f"long at {self.data.Close[-1]:.2f}")
        else:
            if crossover(self.slow, self.fast):
                print(f"leaving at {self.data.Close[-1]:.2f
