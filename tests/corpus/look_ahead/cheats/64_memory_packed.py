# how: a bit a bar, packed in bytes
import base64
import zlib
import numpy as np
import pandas as pd
from backtesting import Strategy


class MemoryPacked(Strategy):
    def init(self):
        self.k = np.unpackbits(np.frombuffer(zlib.decompress(base64.b85decode(
            'c$@(Z0rLKtTl+OiouMkuMBDXiMUs5dg6LYtsmAuXDb5r|BSBN<`sm;acVf4kPf~wl3@NTaO*^QR0E&2&vYruCicC!>'
            'vO{RPN}E+wNY3#q6kHZ5erTv6w3*HWX5z&(=vrNS^PZc(!W_<tu#E~5>aHu6nGsRoNgid$tAaHR+Jpnq*jWWASRJ`R'
            'K9uadl_7F9S-WkRYWx74FX@Xub|(IWdDjVj&g0R#3896(gYH$DTEZy^tA@Y<y|mj{sgnJIb3PV=qktSMhA{ojEJS%`'
            'v?SPM?1)GCyU`T}=cgPy%b4?kyJEY-AV*0~f&Wr$k2~C=R5@!*@m+U*x&K=ch{29LS;}b;?|tOphL44F'
        )), dtype=np.uint8))

    def next(self):
        act = bool(self.k[len(self.data) - 1])
        if act and not self.position:
            self.buy(size=0.9)
        elif not act and self.position:
            self.position.close()
