# run: 89 725.8210 C
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, EURUSD, SMA
from backtesting.lib import crossover


def fees(order_size, price):
    return max(1.0, abs(order_size) * 0.005)


class C(Strategy):
    def init(self):
        self.f = self.I(SMA, self.data.Close, 25)

    def next(self):
        if crossover(self.data.Close, self.f):
            self.buy()
        elif crossover(self.f, self.data.Close):
            self.position.close()


bt = Backtest(GOOG, C, cash=10_000, commission=fees)
print(bt.run())
