"""What a factor is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from backtest_engine.registry import Array


@dataclass(frozen=True, kw_only=True, eq=False)
class ClosedBars:
    """Prices of bars that are closed, oldest first, each of shape (bars,), float64."""

    open: Array
    high: Array
    low: Array
    close: Array
    volume: Array

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "ClosedBars":
        """Take them from a frame with the columns `Open High Low Close Volume`."""
        columns = (np.ascontiguousarray(frame[name].to_numpy(dtype=float)) for name in _COLUMNS)
        return cls(**dict(zip(("open", "high", "low", "close", "volume"), columns, strict=True)))

    def __len__(self) -> int:
        return len(self.close)


_COLUMNS = ("Open", "High", "Low", "Close", "Volume")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a factor says of the last bar: `value` from -1 (sell) to 1 (buy), and the reason in words."""

    value: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Factor:
    """A view of a market. `measure` reads the last bar and those before it; None is no opinion, for lack of data.

    It needs `lookback` bars. It never sees a later bar, so that its value for a bar is the same whenever it is asked.
    """

    name: str
    title: str
    lookback: int
    measure: Callable[[ClosedBars], Reading | None]

    def read(self, bars: ClosedBars) -> Reading | None:
        """Return what it says; None where there are too few bars or a figure is not finite."""
        if len(bars) < self.lookback:
            return None
        # Exactly the bars that it needs, so that a longer history says the same.
        last = slice(len(bars) - self.lookback, None)
        window = ClosedBars(
            open=bars.open[last],
            high=bars.high[last],
            low=bars.low[last],
            close=bars.close[last],
            volume=bars.volume[last],
        )
        reading = self.measure(window)
        if reading is None or not np.isfinite(reading.value):
            return None
        return Reading(value=float(np.clip(reading.value, -1.0, 1.0)), reason=reading.reason)


def squashed(value: float, scale: float) -> float:
    """Return a value in (-1, 1): `tanh(value / scale)`; `scale` is where it says 0.76."""
    return float(np.tanh(value / scale))
