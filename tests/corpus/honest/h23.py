from collections import deque

from backtesting import Strategy


class OwnBuffer(Strategy):
    size = 10

    def init(self):
        self.recent = deque(maxlen=self.size)

    def next(self):
        self.recent.append(self.data.Close[-1])
        if len(self.recent) < self.size:
            return
        mean = sum(self.recent) / self.size
        if not self.position and self.data.Close[-1] > mean * 1.01:
            self.buy()
        elif self.position and self.data.Close[-1] < mean * 0.99:
            self.position.close()
