from backtesting import Strategy
from backtesting.lib import resample_apply
from backtesting.test import SMA


class TwoFrames(Strategy):
    def init(self):
        self.weekly = resample_apply('W-FRI', SMA, self.data.Close, 10)
        self.daily = self.I(SMA, self.data.Close, 10)

    def next(self):
        if not self.position and self.data.Close[-1] > self.daily[-1] > self.weekly[-1]:
            self.buy()
        elif self.position and self.data.Close[-1] < self.weekly[-1]:
            self.position.close()
