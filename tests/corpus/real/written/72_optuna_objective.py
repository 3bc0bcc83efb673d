# run: 20 118.9950 C
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA
from backtesting.lib import crossover


class C(Strategy):
    n1 = 20
    n2 = 60

    def init(self):
        self.a = self.I(SMA, self.data.Close, self.n1)
        self.b = self.I(SMA, self.data.Close, self.n2)

    def next(self):
        if crossover(self.a, self.b):
            self.buy()
        elif crossover(self.b, self.a):
            self.position.close()


bt = Backtest(GOOG, C, cash=10_000, commission=.002)


def objective(trial):
    n1 = trial.suggest_int("n1", 5, 30)
    n2 = trial.suggest_int("n2", 35, 120)
    return bt.run(n1=n1, n2=n2)["Sharpe Ratio"]


if __name__ == "__main__":
    stats = bt.run()
    print(stats)
