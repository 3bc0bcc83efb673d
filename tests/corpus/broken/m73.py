# expect: resource/out_of_time
# intent: Buy when SMA 10 crosses above SMA 20, sell when it crosses below, long only, all in.
# ends: mended
from backtesting import Strategy


class SmaCross(Strategy):
    def init(self):
        pass

    def sma(self, n):
        values = []
        closes = list(self.data.Close)
        for i in range(len(closes)):
            window = []
            for j in range(len(closes)):
                if i - n < j <= i:
                    window.append(closes[j])
            values.append(sum(window) / n if len(window) == n else float('nan'))
        return values

    def next(self):
        if len(self.data) < 21:
            return
        a, b = self.sma(10), self.sma(20)
        if not self.position and a[-1] > b[-1] and a[-2] <= b[-2]:
            self.buy()
        elif self.position and a[-1] < b[-1] and a[-2] >= b[-2]:
            self.position.close()
