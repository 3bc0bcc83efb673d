# run: 83 598.8168 Typical
# sound: True
import json
import logging
import sys
from datetime import datetime
from pathlib import Path
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import crossover

logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(message)s")
log = logging.getLogger("bt")
OUT = Path("results")
OUT.mkdir(exist_ok=True)


def hlc3(df):
    return (df.High + df.Low + df.Close) / 3


class Typical(Strategy):
    span: int = 18

    def init(self):
        tp = (self.data.High + self.data.Low + self.data.Close) / 3
        self.tp = self.I(lambda: tp, name="hlc3")
        self.ema = self.I(lambda x: pd.Series(x).ewm(span=self.span, adjust=False).mean(), tp)

    def next(self):
        if crossover(self.tp, self.ema):
            log.info("long %s", self.data.index[-1])
            self.buy()
        elif crossover(self.ema, self.tp):
            self.position.close()


def report(stats):
    payload = {k: (float(v) if isinstance(v, (int, float)) else str(v)) for k, v in stats.items() if not k.startswith("_")}
    (OUT / f"{datetime.now():%Y%m%d}.json").write_text(json.dumps(payload, indent=1))


data = pd.read_csv(Path("data") / "GOOG.csv", index_col=0, parse_dates=True)
bt = Backtest(data, Typical, cash=10_000, commission=0.001)
report(bt.run(span=25))
