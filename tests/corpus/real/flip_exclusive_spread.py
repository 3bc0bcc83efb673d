# Flip exclusive spread.
# outcome: mended
# trades: 74
# return_pct: 334.642
# verified: True
from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import GOOG, SMA
cash = 20_000
fee = 0.1 / 100
class F(Strategy):
    n1, n2 = 12, 26
    def init(self):
        self.a = self.I(SMA, self.data.Close, self.n1)
        self.b = self.I(SMA, self.data.Close, self.n2)
    def next(self):
        if crossover(self.a, self.b): self.buy()
        elif crossover(self.b, self.a): self.sell()
backtest = Backtest(GOOG, F, cash=cash, commission=fee, spread=0.0002, exclusive_orders=True, trade_on_close=True)
result = backtest.run()
print(result)
backtest.plot()
