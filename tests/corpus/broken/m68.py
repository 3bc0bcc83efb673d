# expect: datetime/wrong_datetime_attribute
# intent: Buy on Monday bars, sell on Friday bars.
# ends: mended
from backtesting import Strategy


class Week(Strategy):
    def init(self):
        pass

    def next(self):
        today = self.data.index[-1]
        if today.weekday == 0 and not self.position:
            self.buy()
        elif today.weekday == 4 and self.position:
            self.position.close()
