"""Series of one set of bars, worked out once for every strategy that reads them."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.registry import Array

COLUMNS = ("Open", "High", "Low", "Close", "Volume")
TIMEFRAMES = {"hour": "1h", "4hour": "4h", "day": "1D", "week": "W", "month": "M"}
LARGEST = 256 << 20

Held = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """The outputs of a call on every bar; `leading` bars have no value in one of them, `empty` if all never have."""

    values: tuple[Array, ...]
    leading: int
    empty: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class LongerBars:
    """The bars of a longer timeframe as columns by name, and for each bar the number of the last that had ended."""

    columns: dict[str, Array]
    ended: np.ndarray[Any, np.dtype[np.int64]]


class IndicatorCache:
    """Indicators of one set of bars by name, parameters, source and timeframe, the least used ones given up first.

    `largest` is in bytes. Not for several threads at a time.
    """

    def __init__(self, *, largest: int = LARGEST) -> None:
        self._rows: OrderedDict[Hashable, Rows] = OrderedDict()
        self._longer: dict[str, LongerBars] = {}
        self._held: dict[Hashable, Held] = {}
        self._bars: pd.DataFrame | None = None
        self._largest, self._size = largest, 0

    def begin(self, bars: pd.DataFrame) -> None:
        """Say whose series are kept. Raises `ValueError` where that changes."""
        if self._bars is None:
            self._bars = bars
        elif self._bars is not bars:
            raise ValueError("an IndicatorCache keeps the series of one set of bars")

    def rows(self, key: Hashable, work: Callable[[], tuple[Array, ...]]) -> Rows:
        """Return what is kept under a key, worked out where nothing is."""
        found = self._rows.get(key)
        if found is not None:
            self._rows.move_to_end(key)
            return found
        made = described(work())
        self._rows[key] = made
        self._size += sum(row.nbytes for row in made.values)
        while self._size > self._largest and len(self._rows) > 1:
            _, least_used = self._rows.popitem(last=False)
            self._size -= sum(row.nbytes for row in least_used.values)
        return made

    def held(self, key: Hashable, work: Callable[[], Held]) -> Held:
        """Return on which bars a condition on the date holds."""
        if key not in self._held:
            self._held[key] = work()
        return self._held[key]

    def longer(self, timeframe: str) -> LongerBars:
        """Return the bars of a longer timeframe."""
        if self._bars is None:
            raise ValueError("say first whose series are kept")
        if timeframe not in self._longer:
            self._longer[timeframe] = longer_bars(self._bars, timeframe)
        return self._longer[timeframe]


def described(values: tuple[Array, ...]) -> Rows:
    """Return outputs with how many bars they begin without a value."""
    unknown = [np.isnan(row) for row in values]
    leading = max(int(row.argmin()) if len(row) else 0 for row in unknown)
    empty = leading == 0 and all(bool(row.all()) for row in unknown)
    return Rows(values=values, leading=leading, empty=empty)


def longer_bars(bars: pd.DataFrame, timeframe: str) -> LongerBars:
    """Return the bars of a longer timeframe, as compiled code makes them."""
    index, rule = pd.DatetimeIndex(bars.index), TIMEFRAMES[timeframe]
    labels = index.to_period(rule) if rule in ("W", "M") else index.floor(rule)
    new = np.r_[True, np.asarray(labels[1:] != labels[:-1])]
    begins = np.flatnonzero(new)
    ends = np.r_[begins[1:], len(index)] - 1
    columns = {name: bars[name].to_numpy(dtype=float) for name in COLUMNS}
    return LongerBars(
        columns={
            "Open": columns["Open"][begins],
            "High": np.maximum.reduceat(columns["High"], begins),
            "Low": np.minimum.reduceat(columns["Low"], begins),
            "Close": columns["Close"][ends],
            "Volume": np.add.reduceat(columns["Volume"], begins),
        },
        # The longer bar that a bar belongs to is still forming.
        ended=np.cumsum(new) - 2,
    )
