# expect: import/wrong_module_import
# intent: Buy when EMA 12 crosses above EMA 26, sell when it crosses below. Long only, all in.
# ends: mended
from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import EMA


class EmaCross(Strategy):
    n1 = 12
    n2 = 26

    def init(self):
        self.ema1 = self.I(EMA, self.data.Close, self.n1)
        self.ema2 = self.I(EMA, self.data.Close, self.n2)

    def next(self):
        if not self.position and crossover(self.ema1, self.ema2):
            self.buy()
        elif self.position and crossover(self.ema2, self.ema1):
            self.position.close()
