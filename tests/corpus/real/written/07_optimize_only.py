# run: 43 262.9612 EmaCross
# sound: True
from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import GOOG
import talib as ta


class EmaCross(Strategy):
    fast = 9
    slow = 21

    def init(self):
        self.e1 = self.I(ta.EMA, self.data.Close, self.fast)
        self.e2 = self.I(ta.EMA, self.data.Close, self.slow)

    def next(self):
        if crossover(self.e1, self.e2):
            self.position.close()
            self.buy()
        if crossover(self.e2, self.e1):
            self.position.close()


bt = Backtest(GOOG, EmaCross, cash=10_000, commission=.002, exclusive_orders=True)
stats = bt.run()
print("before:", stats['Return [%]'])
stats, heatmap = bt.optimize(fast=range(5, 15, 5), slow=range(20, 40, 10), maximize='Equity Final [$]',
                             constraint=lambda p: p.fast < p.slow, return_heatmap=True)
print(stats._strategy)
print(heatmap.sort_values(ascending=False).iloc[:3])
