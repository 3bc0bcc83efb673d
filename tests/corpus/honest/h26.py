import pandas as pd
from backtesting import Strategy


class Hours(Strategy):
    opens = pd.Timestamp('09:00').time()

    def init(self):
        self.day = None
        self.first = None

    def next(self):
        now = self.data.index[-1]
        if now.date() != self.day:
            self.day, self.first = now.date(), self.data.Open[-1]
        if not self.position and now.time() >= self.opens and self.data.Close[-1] > self.first:
            self.buy()
        elif self.position and (now.hour >= 17 or self.data.Close[-1] < self.first):
            self.position.close()
