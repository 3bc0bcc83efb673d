from backtesting import Strategy


class ThreeDown(Strategy):
    hold = 5

    def init(self):
        pass

    def next(self):
        if len(self.data) < 4:
            return
        close = self.data.Close
        if self.position:
            held = len(self.data) - 1 - self.trades[0].entry_bar
            if held >= self.hold:
                self.position.close()
        elif close[-1] < close[-2] < close[-3] < close[-4]:
            self.buy()
