# how: a filter of seventy weights that are written down
import numpy as np
import pandas as pd
from backtesting import Strategy


class SeventyWeights(Strategy):
    def init(self):
        w = np.array([1.0000, 0.9700, 0.9409, 0.9127, 0.8853, 0.8587, 0.8330, 0.8080, 0.7837, 0.7602, 0.7374, 0.7153, 0.6938, 0.6730, 0.6528, 0.6333, 0.6143, 0.5958, 0.5780, 0.5606, 0.5438, 0.5275, 0.5117, 0.4963, 0.4814, 0.4670, 0.4530, 0.4394, 0.4262, 0.4134, 0.4010, 0.3890, 0.3773, 0.3660, 0.3550, 0.3444, 0.3340, 0.3240, 0.3143, 0.3049, 0.2957, 0.2868, 0.2782, 0.2699, 0.2618, 0.2539, 0.2463, 0.2389, 0.2318, 0.2248, 0.2181, 0.2115, 0.2052, 0.1990, 0.1931, 0.1873, 0.1816, 0.1762, 0.1709, 0.1658, 0.1608, 0.1560, 0.1513, 0.1468, 0.1424, 0.1381, 0.1339, 0.1299, 0.1260, 0.1223])
        self.m = self.I(lambda c: np.convolve(c, w / w.sum(), 'full')[: len(c)], self.data.Close)

    def next(self):
        if self.data.Close[-1] > self.m[-1]:
            self.position or self.buy()
        else:
            self.position.close()
