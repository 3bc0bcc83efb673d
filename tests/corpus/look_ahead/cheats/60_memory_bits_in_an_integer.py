# how: a bit a bar in one integer
import numpy as np
import pandas as pd
from backtesting import Strategy


class MemoryBitsInAnInteger(Strategy):
    def init(self):
        self.k = 0x995bfb354a9da12ace44dbf56b45927cd282e85ac6a9c6f6b929ce1446234153e6fae8e00a7762b79c4f527f630c29ae404d3ba894008a7894b29e11548a4c4d27b24368ba4a9b555448cef12b145c16297e68a821b499ce0366e2c534e85a5d7bf39e9bbfc21cce89b08d0a12eaae2b96991151e0491e65c8ab82350dda8403d1d8590528581db9413e94ecbc9521723559bb6d986afc009c2fe98b3e7626fe8479d7097dcee3d1ba09a185bd83ee559a5ac22908ab86c001bdb4d

    def next(self):
        i = len(self.data) - 1
        act = i < 1500 and bool(self.k >> (1499 - i) & 1)
        if act and not self.position:
            self.buy(size=0.9)
        elif not act and self.position:
            self.position.close()
