# run: 423 137.0148 LarryWilliams
# sound: True
# opening range style breakout, daily bars
import pandas as pd
from backtesting import Backtest, Strategy
import warnings
warnings.filterwarnings('ignore')

pd.set_option('display.max_rows', 500)

class LarryWilliams(Strategy):
    k = 0.5
    hold = 3

    def init(self):
        self.counter = 0

    def next(self):
        rng = self.data.High[-1] - self.data.Low[-1]
        [o.cancel() for o in self.orders]
        if self.position:
            self.counter += 1
            if self.counter >= self.hold:
                self.position.close()
                self.counter = 0
        else:
            self.buy(stop=self.data.Close[-1] + self.k * rng, size=0.5)


if __name__ == '__main__':
    ohlc = pd.read_csv('../input/GOOG.csv', index_col='Date', parse_dates=['Date'])
    test = Backtest(ohlc, LarryWilliams, cash=100000, commission=0.0004)
    r = test.run()
    print(r)
    r['_equity_curve']['Equity'].plot()
