# run: 1 618.3450 BuyHold
# run: 13 160.7273 Cross
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA
from backtesting.lib import crossover


class BuyHold(Strategy):
    def init(self):
        pass

    def next(self):
        if not self.position:
            self.buy()


class Cross(Strategy):
    def init(self):
        self.a = self.I(SMA, self.data.Close, 30)
        self.b = self.I(SMA, self.data.Close, 90)

    def next(self):
        if crossover(self.a, self.b):
            self.buy()
        elif crossover(self.b, self.a):
            self.position.close()


benchmark = Backtest(GOOG, BuyHold, cash=10_000)
ref = benchmark.run()
bt = Backtest(GOOG, Cross, cash=10_000, commission=.001)
stats = bt.run()
print(f"strategy {stats['Return [%]']:.2f}% vs. hold {ref['Return [%]']:.2f}%")
