# Imports for the script's own charts.
# outcome: mended
# trades: 33
# return_pct: 398.433
# verified: True
import matplotlib.pyplot as plt
from backtesting import Backtest, Strategy
from backtesting.lib import crossover
from backtesting.test import GOOG, SMA

plt.style.use("ggplot")


class Cross(Strategy):
    def init(self):
        self.fast = self.I(SMA, self.data.Close, 10)
        self.slow = self.I(SMA, self.data.Close, 30)

    def next(self):
        if not self.position and crossover(self.fast, self.slow):
            self.buy()
        elif self.position and crossover(self.slow, self.fast):
            self.position.close()


bt = Backtest(GOOG, Cross, cash=10_000, commission=0.002)
stats = bt.run()
plt.plot(stats["_equity_curve"]["Equity"])
plt.show()
