# run: 21 30.6251 Turtle
# sound: True
from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np
import numpy.typing as npt
import pandas as pd
from backtesting import Backtest, Strategy

logger = logging.getLogger(__name__)

DATA_DIR = Path(__file__).resolve().parent / "data"


@dataclass(frozen=True)
class Config:
    cash: float = 100_000
    commission: float = 0.0005
    breakout: int = 55
    exit: int = 20


CFG = Config()


def rolling_max(x: npt.NDArray[np.float64], n: int) -> npt.NDArray[np.float64]:
    return pd.Series(x).rolling(n).max().shift(1).to_numpy()


def rolling_min(x: npt.NDArray[np.float64], n: int) -> npt.NDArray[np.float64]:
    return pd.Series(x).rolling(n).min().shift(1).to_numpy()


class Turtle(Strategy):
    """Donchian breakout in the manner of the Turtles."""

    breakout: int = CFG.breakout
    exit: int = CFG.exit

    def init(self) -> None:
        self.upper = self.I(rolling_max, self.data.High, self.breakout, name="upper")
        self.lower = self.I(rolling_min, self.data.Low, self.exit, name="lower")
        self.entry_bar: Optional[int] = None

    def next(self) -> None:
        close: float = self.data.Close[-1]
        if not self.position:
            if close > self.upper[-1]:
                logger.debug("entry at %.2f", close)
                self.entry_bar = len(self.data)
                self.buy(size=0.95)
        elif close < self.lower[-1]:
            logger.debug("exit at %.2f", close)
            self.position.close()


def load(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path, parse_dates=["Date"], index_col="Date")
    logger.info("loaded %d rows", len(frame))
    return frame


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    frame = load(DATA_DIR / "GOOG.csv")
    bt = Backtest(frame, Turtle, cash=CFG.cash, commission=CFG.commission, trade_on_close=True)
    stats = bt.run()
    logger.info("Return: %.2f%%", stats["Return [%]"])


if __name__ == "__main__":
    main()
