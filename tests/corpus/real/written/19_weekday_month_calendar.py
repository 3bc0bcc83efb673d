# run: 103 68.9409 TurnOfMonth
# sound: True
import datetime as dt
from backtesting import Backtest, Strategy
from backtesting.test import GOOG


class TurnOfMonth(Strategy):
    def init(self):
        self.entry_date = None

    def next(self):
        today = self.data.index[-1]
        if not self.position and today.day >= 26:
            self.buy()
            self.entry_date = today
        elif self.position and (today - self.entry_date) > dt.timedelta(days=7) and today.day < 20:
            self.position.close()


bt = Backtest(GOOG, TurnOfMonth, cash=10_000, commission=.001, trade_on_close=True)
print(bt.run())
