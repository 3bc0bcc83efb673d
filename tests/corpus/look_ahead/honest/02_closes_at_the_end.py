# how: closes on the last bar, whose number it knows
import numpy as np
import pandas as pd
from backtesting import Strategy


class ClosesAtTheEnd(Strategy):
    def init(self):
        self.n = len(self.data)

    def next(self):
        if len(self.data) == self.n:
            self.position.close()
        elif not self.position:
            self.buy(size=0.9)
