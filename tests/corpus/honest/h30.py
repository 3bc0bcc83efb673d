import random

import numpy as np
from backtesting import Strategy


class SeededCoin(Strategy):
    """Chance with a fixed seed: a baseline to beat."""

    def init(self):
        rng = np.random.default_rng(7)
        self.coin = self.I(lambda: rng.random(len(self.data.Close)), name='coin')
        self.dice = random.Random(3)

    def next(self):
        if not self.position and self.coin[-1] > 0.9 and self.dice.random() > 0.5:
            self.buy()
        elif self.position and self.coin[-1] < 0.1:
            self.position.close()
