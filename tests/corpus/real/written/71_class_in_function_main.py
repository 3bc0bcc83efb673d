# run: 99 491.2818 Inner
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG


def main(period=25):
    import pandas as pd

    class Inner(Strategy):
        def init(self):
            self.m = self.I(lambda x: pd.Series(x).rolling(period).median(), self.data.Close)

        def next(self):
            if self.data.Close[-1] > self.m[-1] and not self.position:
                self.buy()
            elif self.data.Close[-1] < self.m[-1] and self.position:
                self.position.close()

    bt = Backtest(GOOG, Inner, cash=10_000, commission=.001)
    return bt.run()


if __name__ == '__main__':
    print(main())
