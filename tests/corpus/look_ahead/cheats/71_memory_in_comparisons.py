# how: bars by number, one comparison each
import numpy as np
import pandas as pd
from backtesting import Strategy


class MemoryInComparisons(Strategy):
    def init(self):
        self.k = 0

    def next(self):
        i = len(self.data) - 1
        if self.position:
            self.position.close()
        elif i == 0 or i == 45 or i == 58 or i == 109 or i == 122 or i == 376 or i == 1022 or i == 1043 or i == 1044 or i == 1047 or i == 1055 or i == 1067 or i == 1087 or i == 1112:
            self.buy(size=0.9)
