# Signal strategy.
# outcome: mended
# trades: 39
# return_pct: 518.719
# verified: True
import pandas as pd
from backtesting import Backtest
from backtesting.lib import SignalStrategy, TrailingStrategy
from backtesting.test import GOOG, SMA
class Sig(SignalStrategy):
    n1 = 10
    n2 = 25
    def init(self):
        super().init()
        sma1 = self.I(SMA, self.data.Close, self.n1)
        sma2 = self.I(SMA, self.data.Close, self.n2)
        signal = (pd.Series(sma1) > sma2).astype(int).diff().fillna(0)
        signal = signal.replace(-1, 0)
        entry_size = signal * .95
        self.set_signal(entry_size=entry_size, exit_portion=(pd.Series(sma1) < sma2).astype(int).diff().fillna(0).clip(lower=0))
bt = Backtest(GOOG, Sig, cash=10_000, commission=.002)
print(bt.run())
