# run: 35 11.6419 ChannelFade
# sound: True
from backtesting import Strategy
import numpy as np


class ChannelFade(Strategy):
    """Fade the channel. Run it with whatever you like."""
    n = 15

    def init(self):
        pass

    def next(self):
        if len(self.data) <= self.n:
            return
        highs = self.data.High[-self.n - 1:-1]
        lows = self.data.Low[-self.n - 1:-1]
        top, bottom = np.max(highs), np.min(lows)
        c = self.data.Close[-1]
        if not self.position and c < bottom:
            self.buy(size=0.5, tp=(top + bottom) / 2 if (top + bottom) / 2 > c else None)
        elif self.position and c > top:
            self.position.close()
