# expect: datetime/wrong_datetime_attribute
# intent: Buy on Monday bars, sell on Friday bars.
# ends: mended
from backtesting import Strategy
import numpy as np


class Week(Strategy):
    def init(self):
        self.dates = self.data.index.values

    def next(self):
        day = np.datetime64(self.data.index[-1]).weekday()
        if day == 0 and not self.position:
            self.buy()
        elif day == 4 and self.position:
            self.position.close()
