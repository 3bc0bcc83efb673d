# run: 30 356.6620 SuperT
# sound: True
import numpy as np
import pandas as pd
import yfinance as yf
from backtesting import Backtest, Strategy


def supertrend(high, low, close, period=10, mult=3):
    high, low, close = map(pd.Series, (high, low, close))
    tr = pd.concat([high - low, (high - close.shift()).abs(), (low - close.shift()).abs()], axis=1).max(axis=1)
    atr = tr.ewm(alpha=1 / period, min_periods=period).mean()
    mid = (high + low) / 2
    up, dn = mid + mult * atr, mid - mult * atr
    direction = np.ones(len(close))
    fu, fd = np.array(up), np.array(dn)
    for i in range(1, len(close)):
        if close[i] > fu[i - 1]:
            direction[i] = 1
        elif close[i] < fd[i - 1]:
            direction[i] = -1
        else:
            direction[i] = direction[i - 1]
            if direction[i] > 0 and fd[i] < fd[i - 1]:
                fd[i] = fd[i - 1]
            if direction[i] < 0 and fu[i] > fu[i - 1]:
                fu[i] = fu[i - 1]
    return direction


class SuperT(Strategy):
    period, mult = 10, 3

    def init(self):
        self.st = self.I(supertrend, self.data.High, self.data.Low, self.data.Close, self.period, self.mult)

    def next(self):
        if self.st[-1] == 1 and self.st[-2] == -1:
            self.buy()
        elif self.st[-1] == -1 and self.st[-2] == 1:
            self.position.close()


def main(symbol: str = "GOOG"):
    px = yf.download(symbol, start="2005-01-01", progress=False, auto_adjust=False)
    if isinstance(px.columns, pd.MultiIndex):
        px = px.droplevel("Ticker", axis=1)
    bt = Backtest(px, SuperT, cash=10_000, commission=.001)
    stats = bt.run()
    print(stats)
    stats["_trades"].to_csv(f"{symbol}_trades.csv")


if __name__ == "__main__":
    main()
