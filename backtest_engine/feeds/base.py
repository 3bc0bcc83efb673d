"""What a feed gives."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pandas as pd

from backtest_engine.data.interval import Interval
from backtest_engine.domain import Dataset
from backtest_engine.errors import DatesOutsideData


@dataclass(frozen=True, kw_only=True, eq=False)
class Closed:
    """Bars of a market that are closed at `clock`, oldest first; the last may be old.

    `clock` is the feed's own time, aware and UTC: in a replay that of the past it plays.
    """

    bars: pd.DataFrame
    interval: Interval
    clock: datetime

    @property
    def age_seconds(self) -> float:
        """Return how long ago the last bar closed: the age of the data, whatever the connection does."""
        return max(0.0, (self.clock - closes_at(self.bars.index[-1], self.interval)).total_seconds())


class Feed(Protocol):
    """Gives closed bars; a bar that is still forming is never among them."""

    @property
    def name(self) -> str:
        """Return what it is called."""

    def closed(self, symbol: str, interval: Interval, *, count: int) -> Closed:
        """Return at most `count` bars; raise what data sources raise where there is none."""


def closes_at(stamp: pd.Timestamp, interval: Interval) -> datetime:
    """Return when a bar that begins at `stamp` (naive, UTC) is over."""
    begins: datetime = stamp.to_pydatetime(warn=False).replace(tzinfo=UTC)
    return begins + timedelta(seconds=interval.seconds)


def closed_by(bars: pd.DataFrame, interval: Interval, clock: datetime) -> pd.DataFrame:
    """Return the bars that are over at a moment."""
    last_begin = pd.Timestamp((clock - timedelta(seconds=interval.seconds)).astimezone(UTC).replace(tzinfo=None))
    return bars.iloc[: bars.index.searchsorted(last_begin, side="right")]


def closed_at(dataset: Dataset, interval: Interval, clock: datetime, *, count: int) -> Closed:
    """Return at most `count` stored bars that were closed at a moment; raise `DatesOutsideData` where there is none."""
    bars = closed_by(dataset.bars, interval, clock).iloc[-count:]
    if bars.empty:
        raise DatesOutsideData(f"The bars of {dataset.symbol} begin after {clock:%Y-%m-%d %H:%M}.")
    return Closed(bars=bars, interval=interval, clock=clock)
