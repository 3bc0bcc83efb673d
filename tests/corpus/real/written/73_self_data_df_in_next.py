# run: 21 272.7843 Df
# sound: True
from backtesting import Backtest, Strategy
from backtesting.test import GOOG


class Df(Strategy):
    n = 10

    def init(self):
        pass

    def next(self):
        df = self.data.df
        if len(df) < 40:
            return
        last = df.iloc[-self.n:]
        prior = df.iloc[-4 * self.n:-self.n]
        if last['Close'].mean() > prior['Close'].max() * .98 and not self.position:
            self.buy()
        elif last['Close'].min() < prior['Low'].min() and self.position:
            self.position.close()


bt = Backtest(GOOG, Df, cash=10_000, commission=.001)
print(bt.run())
