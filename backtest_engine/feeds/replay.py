"""Playing stored bars as if they came now: a pure function of when it began and of the time.

Every process and every restart sees the same bar, since nothing is remembered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import pandas as pd

from backtest_engine.data.interval import INTERVALS, Interval
from backtest_engine.domain import Dataset
from backtest_engine.errors import DatesOutsideData
from backtest_engine.feeds.base import Closed, closed_at, closes_at

Load = Callable[[str, str], Dataset]


@dataclass(frozen=True, kw_only=True)
class Replay:
    """Plays the bars of one market at a pace, and those of others up to the same moment.

    `load(symbol, interval)` returns stored bars. `leader` is the symbol and interval whose bars are counted: the replay
    begins with its first bar at or after `start` (None: with its first that has `history` bars before it), and
    `steps` bars later it is at its bar of now. At the end it stands still.
    """

    load: Load
    leader: tuple[str, str]
    start: datetime | None
    steps: int
    history: int
    name: str = "replay"

    @cached_property
    def clock(self) -> datetime:
        """The moment that is played: the end of the leader's bar of now. Looked up once for all markets."""
        dataset = self.load(*self.leader)
        first = self.history
        if self.start is not None:
            first = int(dataset.bars.index.searchsorted(pd.Timestamp(self.start.replace(tzinfo=None))))
            if first >= len(dataset):
                raise DatesOutsideData(
                    f"The replay begins on {self.start:%Y-%m-%d}, after the last bar of {dataset.symbol}, "
                    f"{dataset.end:%Y-%m-%d}."
                )
        place = min(min(first, len(dataset) - 1) + max(self.steps, 0), len(dataset) - 1)
        return closes_at(dataset.bars.index[place], INTERVALS[dataset.interval])

    def closed(self, symbol: str, interval: Interval, *, count: int) -> Closed:
        """Return the bars that were closed at the moment that is played."""
        return closed_at(self.load(symbol, interval.name), interval, self.clock, count=count)


def steps_at(now: datetime, *, since: datetime, bars_per_second: float | None, slot_seconds: float) -> int:
    """Return how many bars after its first a replay is; without a pace it moves by one bar a slot."""
    elapsed = max(0.0, (now - since).total_seconds())
    return int(elapsed * bars_per_second) if bars_per_second else int(elapsed // slot_seconds)
