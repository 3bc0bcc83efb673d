# Wrapper class.
# outcome: mended
# trades: 25
# return_pct: 500.511
# verified: True
import pandas as pd
import numpy as np
from dataclasses import dataclass
from typing import Optional
from backtesting import Backtest, Strategy
from backtesting.test import GOOG

@dataclass
class Params:
    lookback: int = 20
    mult: float = 2.0

PARAMS = Params()

class Channel:
    def __init__(self, p: Params):
        self.p = p
    def bands(self, h, l, c):
        mid = pd.Series(c).rolling(self.p.lookback).mean()
        rng = (pd.Series(h) - pd.Series(l)).rolling(self.p.lookback).mean()
        return (mid + self.p.mult*rng).values, (mid - self.p.mult*rng).values

class Breakout(Strategy):
    def init(self):
        self.ch = Channel(PARAMS)
        self.up, self.lo = self.I(self.ch.bands, self.data.High, self.data.Low, self.data.Close)
    def next(self):
        c = self.data.Close[-1]
        if c > self.up[-1]:
            if self.position.is_short: self.position.close()
            if not self.position: self.buy()
        elif c < self.lo[-1]:
            if self.position.is_long: self.position.close()

class Runner:
    def __init__(self, data, cash=10_000):
        self.bt = Backtest(data, Breakout, cash=cash, commission=.002)
    def go(self):
        return self.bt.run()

r = Runner(GOOG)
print(r.go())
