from backtesting import Strategy
from backtesting.lib import crossover

from backtest_engine.indicators import bollinger, rsi, sma


class Registry(Strategy):
    def init(self):
        self.rsi = self.I(rsi, self.data.Close, period=14)
        self.trend = self.I(sma, self.data.Close, period=200)
        self.upper, self.middle, self.lower = self.I(bollinger, self.data.Close, period=20, deviations=2.0)

    def next(self):
        if not self.position and self.data.Close[-1] > self.trend[-1] and self.rsi[-1] < 35:
            self.buy(size=0.5)
        elif self.position and (crossover(self.data.Close, self.upper) or self.data.Close[-1] < self.lower[-1] * 0.9):
            self.position.close()
