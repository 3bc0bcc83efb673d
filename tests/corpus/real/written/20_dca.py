# run: 31 9.8053 DCA
# sound: True
import math
from backtesting import Backtest, Strategy
from backtesting.test import GOOG


class DCA(Strategy):
    amount = 200

    def init(self):
        self.dow = self.I(lambda x: x, self.data.Close.s.index.dayofweek, plot=False)

    def next(self):
        if self.dow[-1] == 0 and self.data.Close[-1] < self.amount * 4:
            n = math.floor(self.amount / self.data.Close[-1])
            if n > 0:
                self.buy(size=n)


bt = Backtest(GOOG, DCA, cash=200_000, trade_on_close=True)
stats = bt.run()
trades = stats["_trades"]
price_paid = trades["Size"] * trades["EntryPrice"]
print("invested", price_paid.sum(), "value", stats["Equity Final [$]"])
print("Return", stats["Equity Final [$]"] / price_paid.sum())
