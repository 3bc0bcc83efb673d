# No own run plain.
# outcome: sound
# trades: 21
# return_pct: 26.810
# verified: True
from backtesting import Strategy
import numpy as np
class P(Strategy):
    window = 55
    def init(self):
        self.high_n = self.I(lambda h: np.r_[[np.nan]*self.window, [h[i-self.window:i].max() for i in range(self.window, len(h))]], self.data.High)
        self.low_n = self.I(lambda h: np.r_[[np.nan]*20, [h[i-20:i].min() for i in range(20, len(h))]], self.data.Low)
    def next(self):
        if self.data.Close[-1] > self.high_n[-1] and not self.position: self.buy()
        elif self.data.Close[-1] < self.low_n[-1] and self.position: self.position.close()
