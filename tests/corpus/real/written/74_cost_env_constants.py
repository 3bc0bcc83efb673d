# run: 15 133.0244 Bias
# sound: True
import os
import pandas as pd
from enum import Enum
from typing import Final
from backtesting import Backtest, Strategy

CASH: Final[int] = int(os.environ.get("CASH", "12000"))
COMMISSION: Final = 5 / 10_000


class Side(str, Enum):
    LONG = "long"
    SHORT = "short"


class Bias(Strategy):
    side: Side = Side.LONG
    n: int = 90

    def init(self):
        self.h = self.I(lambda x: pd.Series(x).rolling(self.n).quantile(.8), self.data.Close)
        self.l = self.I(lambda x: pd.Series(x).rolling(self.n).quantile(.3), self.data.Close)

    def next(self):
        if self.side is Side.LONG:
            if self.data.Close[-1] > self.h[-1] and not self.position:
                self.buy()
            elif self.data.Close[-1] < self.l[-1]:
                self.position.close()


df = pd.read_csv("GOOG.csv", index_col=0, parse_dates=True)
bt = Backtest(df, Bias, cash=CASH, commission=COMMISSION)
print(bt.run())
