# run: 33 271.5506 Wait
# sound: True
from backtesting import Backtest, Strategy
from backtesting.lib import crossover, barssince, quantile, FractionalBacktest
from backtesting.test import GOOG, SMA


class Wait(Strategy):
    n1, n2 = 8, 21

    def init(self):
        self.s1 = self.I(SMA, self.data.Close, self.n1)
        self.s2 = self.I(SMA, self.data.Close, self.n2)

    def next(self):
        since = barssince(self.s1 < self.s2)
        if not self.position and 3 <= since < 10:
            if quantile(self.data.Close[-100:]) > .5:
                self.buy()
        elif self.position and since == 0:
            self.position.close()


if __name__ == "__main__":
    bt = Backtest(GOOG, Wait, cash=10_000, commission=.002)
    print(bt.run())
