# expect: numpy/removed_numpy_alias
# intent: Three lower closes in a row buy, exit 5 bars after the entry bar.
# ends: mended
from backtesting import Strategy
import numpy as np


class ThreeDown(Strategy):
    def init(self):
        self.entry = np.int(0)

    def next(self):
        c = self.data.Close
        if len(c) < 4:
            return
        if self.position:
            if len(self.data) - 1 - self.trades[0].entry_bar >= np.int(5):
                self.position.close()
        elif np.alltrue(np.diff(c[-4:]) < 0):
            self.buy()
