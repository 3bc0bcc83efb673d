# Print log in next.
# outcome: sound
# trades: 51
# return_pct: 326.018
# verified: True
import logging
import datetime as dt
from backtesting import Backtest, Strategy
from backtesting.test import GOOG, SMA
logging.basicConfig(level=logging.INFO)
logger = logging.getLogger(__name__)
class L(Strategy):
    """My strategy: don't use it!"""
    def init(self):
        self.sma = self.I(SMA, self.data.Close, 50)
        self.trades_log = []
        self.entry_price = None
    def log(self, txt):
        logger.info("%s %s", self.data.index[-1], txt)
    def plot_trades(self):
        import matplotlib.pyplot as plt
        plt.plot(self.trades_log)
    def next(self):
        if not self.position and self.data.Close[-1] > self.sma[-1]:
            self.buy()
            self.entry_price = self.data.Close[-1]
            self.log("BUY")
            self.trades_log.append(("buy", self.data.index[-1]))
        elif self.position and (self.data.Close[-1] < self.sma[-1] or self.data.Close[-1] < self.entry_price*0.93):
            self.position.close()
            self.log("SELL")
def main():
    bt = Backtest(GOOG, L, cash=10_000, commission=.002)
    s = bt.run()
    print(s)
    s._trades.to_csv("t.csv")
if __name__ == '__main__':
    main()
