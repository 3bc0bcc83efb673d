# run: 49 424.3941 TripleEma
# sound: True
#!/usr/bin/env python3
# -*- coding: utf-8 -*-
import argparse
import json
import sys

import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import crossover, cross


def ema(x, n):
    return pd.Series(x).ewm(span=n, adjust=False).mean().values


class TripleEma(Strategy):
    a, b, c = 5, 13, 34

    def init(self):
        price = self.data.Close
        self.ea = self.I(ema, price, self.a)
        self.eb = self.I(ema, price, self.b)
        self.ec = self.I(ema, price, self.c)

    def next(self):
        if not self.position:
            if self.ea[-1] > self.eb[-1] > self.ec[-1]:
                self.buy()
        else:
            if cross(self.ea, self.eb):
                self.position.close()


STRATEGIES = {"triple": TripleEma}


def parse_args(argv=None):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--file", default="GOOG.csv")
    p.add_argument("--strategy", choices=sorted(STRATEGIES), default="triple")
    p.add_argument("--cash", type=float, default=10_000)
    return p.parse_args(argv)


def main():
    args = parse_args([])
    df = pd.read_csv(args.file, index_col=0, parse_dates=[0])
    bt = Backtest(df, STRATEGIES[args.strategy], cash=args.cash, commission=0.002)
    stats = bt.run()
    json.dump({k: str(v) for k, v in stats.items() if not k.startswith("_")}, sys.stdout, indent=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
