# how: explains itself at length
import numpy as np
import pandas as pd
from backtesting import Strategy


class LongExplanation(Strategy):
    def init(self):
        """This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here. This strategy compares the close with its mean, and nothing else is done here."""
        self.m = self.I(lambda c: pd.Series(c).rolling(20).mean(), self.data.Close)

    def next(self):
        if self.data.Close[-1] > self.m[-1]:
            self.position or self.buy()
        else:
            self.position.close()
