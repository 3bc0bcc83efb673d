# how: computes with pandas on every bar
import numpy as np
import pandas as pd
from backtesting import Strategy


class PandasOnEveryBar(Strategy):
    def init(self):
        pass

    def next(self):
        s = pd.Series(self.data.Close[-40:])
        m = s.ewm(span=10).mean().iloc[-1]
        if s.iloc[-1] > m and not self.position:
            self.buy()
        elif s.iloc[-1] < m and self.position:
            self.position.close()
