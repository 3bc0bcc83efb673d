# expect: structure/missing_init
# intent: Three lower closes in a row buy, exit 5 bars after the entry bar.
# ends: mended
from backtesting import Strategy


class ThreeDown(Strategy):
    hold = 5

    def next(self):
        close = self.data.Close
        if len(close) < 4:
            return
        if self.position:
            if len(self.data) - 1 - self.trades[0].entry_bar >= self.hold:
                self.position.close()
        elif close[-1] < close[-2] < close[-3] < close[-4]:
            self.buy()
