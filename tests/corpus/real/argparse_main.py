# Argparse main.
# outcome: mended
# trades: 73
# return_pct: 279.195
# verified: True
#!/usr/bin/env python
import argparse, os, sys, json
from pathlib import Path
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import crossover, resample_apply
ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))
DATA = ROOT / "data" / "btc.csv"
def ema(x, n): return pd.Series(x).ewm(span=n, adjust=False).mean()
class E(Strategy):
    n = 20
    def init(self):
        self.e = self.I(ema, self.data.Close, self.n)
        self.w = resample_apply('W-FRI', ema, self.data.Close, 10)
    def next(self):
        if not self.position and self.data.Close[-1] > self.e[-1] > self.w[-1]: self.buy()
        elif self.position and self.data.Close[-1] < self.e[-1]: self.position.close()
def load(path):
    df = pd.read_csv(path, parse_dates=['Date'], index_col='Date')
    return df
parser = argparse.ArgumentParser()
parser.add_argument("--cash", type=float, default=10000)
args, _ = parser.parse_known_args()
data = load(DATA)
bt = Backtest(data, E, cash=10_000, commission=.002, hedging=False)
out = bt.run()
json.dump({"ret": out["Return [%]"]}, open("out.json", "w"))
