# run: 38 420.3332 Osc
# sound: True
import os
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import crossover


class DataLoader:
    def __init__(self, folder):
        self.folder = folder

    def load(self, symbol):
        path = os.path.join(self.folder, f"{symbol}.csv")
        df = pd.read_csv(path, parse_dates=["Date"])
        return df.set_index("Date")


class Indicators:
    @staticmethod
    def sma(x, n):
        return pd.Series(x).rolling(n).mean()

    @classmethod
    def macd(cls, x, a, b):
        return cls.sma(x, a) - cls.sma(x, b)


class Osc(Strategy):
    a, b = 7, 28

    def init(self):
        self.osc = self.I(Indicators.macd, self.data.Close, self.a, self.b)

    def next(self):
        if crossover(self.osc, 0):
            self.buy()
        elif crossover(0, self.osc):
            self.position.close()


class Runner:
    def __init__(self, loader, strategy, **settings):
        self.loader = loader
        self.strategy = strategy
        self.settings = settings

    def run(self, symbol):
        bt = Backtest(self.loader.load(symbol), self.strategy, **self.settings)
        return bt.run()


if __name__ == "__main__":
    runner = Runner(DataLoader("data"), Osc, cash=15_000, commission=0.001)
    print(runner.run("GOOG"))
