# run: 56 540.4247 WmaFlip
# sound: True
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import crossover

SETTINGS = dict(cash=30_000, commission=0.0008, exclusive_orders=True, trade_on_close=False)
PARAMS = {"quick": 12, "slowly": 48}


def wma(values, n):
    weights = range(1, n + 1)
    total = sum(weights)
    return pd.Series(values).rolling(n).apply(lambda w: sum(a * b for a, b in zip(w, weights)) / total, raw=True)


class WmaFlip(Strategy):
    quick = 5
    slowly = 20

    def init(self):
        self.q = self.I(wma, self.data.Close, self.quick)
        self.s = self.I(wma, self.data.Close, self.slowly)

    def next(self):
        if crossover(self.q, self.s):
            self.buy()
        elif crossover(self.s, self.q):
            self.sell()


df = pd.read_csv("prices.csv", index_col="Date", parse_dates=True)
bt = Backtest(df, WmaFlip, **SETTINGS)
stats = bt.run(**PARAMS)
print(stats.to_string())
