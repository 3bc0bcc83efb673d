# run: 16 157.9760 Momentum
# sound: True
import abc
import sys
import pandas as pd
from backtesting import Backtest, Strategy

sys.path.append("..")


class BaseStrategy(Strategy):
    """What all of my strategies share"""
    size = 0.9
    sl_pct = None

    def init(self):
        self.setup()

    def next(self):
        if not self.position:
            if self.should_long():
                self.go_long()
        elif self.should_exit():
            self.position.close()

    def go_long(self):
        sl = None
        if self.sl_pct is not None:
            sl = self.data.Close[-1] * (1 - self.sl_pct / 100)
        self.buy(size=self.size, sl=sl)

    @abc.abstractmethod
    def setup(self): ...

    @abc.abstractmethod
    def should_long(self): ...

    @abc.abstractmethod
    def should_exit(self): ...


class Momentum(BaseStrategy):
    lookback = 90
    sl_pct = 15

    def setup(self):
        self.mom = self.I(lambda c: pd.Series(c).pct_change(self.lookback) * 100, self.data.Close)

    def should_long(self):
        return self.mom[-1] > 5

    def should_exit(self):
        return self.mom[-1] < -2


if __name__ == "__main__":
    df = pd.read_csv(sys.argv[1] if len(sys.argv) > 1 else "GOOG.csv", index_col="Date", parse_dates=True)
    bt = Backtest(df, Momentum, cash=10_000, commission=(0, 0.001))
    print(bt.run())
