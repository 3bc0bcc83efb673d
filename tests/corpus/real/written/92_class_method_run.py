# run: 73 144.1675 StochRsi
# sound: True
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import crossover


class StochRsi(Strategy):
    n = 14

    @staticmethod
    def calc(close, n):
        s = pd.Series(close)
        d = s.diff()
        rs = d.clip(lower=0).rolling(n).mean() / (-d.clip(upper=0)).rolling(n).mean()
        rsi = 100 - 100 / (1 + rs)
        return (rsi - rsi.rolling(n).min()) / (rsi.rolling(n).max() - rsi.rolling(n).min())

    def init(self):
        self.k = self.I(self.calc, self.data.Close, self.n)

    def next(self):
        if crossover(self.k, .2) and not self.position:
            self.buy()
        elif crossover(.8, self.k) and self.position:
            self.position.close()

    @classmethod
    def backtest(cls, df, **kw):
        bt = Backtest(df, cls, **kw)
        return bt.run()


if __name__ == "__main__":
    df = pd.read_csv("GOOG.csv", index_col=0, parse_dates=True)
    print(StochRsi.backtest(df, cash=10_000, commission=.001))
