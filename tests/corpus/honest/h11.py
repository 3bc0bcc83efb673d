from backtesting import Strategy


class Weekdays(Strategy):
    def init(self):
        pass

    def next(self):
        weekday = self.data.index[-1].weekday()
        if weekday == 0 and not self.position:
            self.buy()
        elif weekday == 4 and self.position:
            self.position.close()
