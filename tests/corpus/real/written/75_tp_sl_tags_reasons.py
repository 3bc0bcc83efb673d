# run: 69 449.3166 Tagged
# sound: True
from collections import Counter
from backtesting import Backtest, Strategy
from backtesting.test import GOOG
import talib


class Tagged(Strategy):
    def init(self):
        self.bb = self.I(talib.BBANDS, self.data.Close, timeperiod=20, nbdevup=2, nbdevdn=2)
        self.reasons = Counter()

    def next(self):
        upper, middle, lower = self.bb
        price = self.data.Close[-1]
        if not self.position:
            if price < lower[-1]:
                self.buy(sl=price * .9, tp=middle[-1] if middle[-1] > price else None, tag="dip")
                self.reasons["dip"] += 1
            elif price > upper[-1]:
                self.buy(sl=price * .95, tag="break")
                self.reasons["break"] += 1
        else:
            trade = self.trades[-1]
            if trade.tag == "break" and price < middle[-1]:
                trade.close()


bt = Backtest(GOOG, Tagged, cash=10_000, commission=.001)
stats = bt.run()
print(stats._strategy.reasons, stats)
