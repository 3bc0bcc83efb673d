# expect: runtime/no_open_trade
# intent: Close crosses above SMA(50) buy; sell when the close crosses below it.
# ends: mended
from backtesting import Strategy
from backtesting.lib import crossover
from backtesting.test import SMA


class Cross(Strategy):
    def init(self):
        self.sma = self.I(SMA, self.data.Close, 50)

    def next(self):
        entry = self.trades[-1].entry_price
        if not self.position and crossover(self.data.Close, self.sma):
            self.buy()
        elif self.position and crossover(self.sma, self.data.Close):
            self.position.close()
