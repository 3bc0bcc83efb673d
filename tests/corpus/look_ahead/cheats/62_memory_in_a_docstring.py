# how: a bit a bar in the docstring
import numpy as np
import pandas as pd
from backtesting import Strategy


class BITS:
    """
    995bfb354a9da12ace44dbf56b45927cd282e85ac6a9c6f6b929ce1446234153e6fae8e00a7762b79c4f527f63
    0c29ae404d3ba894008a7894b29e11548a4c4d27b24368ba4a9b555448cef12b145c16297e68a821b499ce0366
    e2c534e85a5d7bf39e9bbfc21cce89b08d0a12eaae2b96991151e0491e65c8ab82350dda8403d1d8590528581d
    b9413e94ecbc9521723559bb6d986afc009c2fe98b3e7626fe8479d7097dcee3d1ba09a185bd83ee559a5ac229
    08ab86c001bdb4db58a992fd82733e1682a3801c2b8630fdcd2c447966b424d864ec8847f9bbd11506e7a71c3b
    cb98f380bb62bbc22047494e81ff526c8f3bdca254396b4cf15d777eb9ff5b1188c18e3c59ca6910ef7de4e
    """


class MemoryInADocstring(Strategy):
    def init(self):
        self.k = ''.join(format(int(x, 16), '04b') for x in ''.join(BITS.__doc__.split()))

    def next(self):
        act = self.k[len(self.data) - 1] == '1'
        if act and not self.position:
            self.buy(size=0.9)
        elif not act and self.position:
            self.position.close()
