# run: 21 206.6255 Feat
# sound: True
from __future__ import annotations
from dataclasses import dataclass, field
import pandas as pd
from backtesting import Backtest, Strategy


@dataclass
class Params:
    fast: int = 15
    slow: int = 60
    tags: list[str] = field(default_factory=list)


P = Params()


def features(df: pd.DataFrame, p: Params) -> pd.DataFrame:
    out = df.copy()
    out["f"] = out["Close"].rolling(p.fast).mean()
    out["s"] = out["Close"].rolling(p.slow).mean()
    return out.dropna()


class Feat(Strategy):
    def init(self):
        pass

    def next(self):
        if self.data.f[-1] > self.data.s[-1] and not self.position:
            self.buy(tag=f"{P.fast}/{P.slow}")
        elif self.data.f[-1] < self.data.s[-1] and self.position:
            self.position.close()


if __name__ == "__main__":
    raw = pd.read_csv("GOOG.csv", index_col=0, parse_dates=True)
    bt = Backtest(features(raw, P), Feat, cash=25_000, commission=.001)
    print(bt.run())
