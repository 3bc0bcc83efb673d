"""The sealed segment: the last part of a goal's bars, which nothing that searches may see."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from backtest_engine.data.bars import fingerprint
from backtest_engine.domain import Dataset
from backtest_engine.errors import DatesOutsideData
from backtest_engine.ports import DataCatalog

SHARE = 0.8
_INSTANT = timedelta(microseconds=1)


def seal_of(bars: pd.DatetimeIndex) -> datetime:
    """Return the time (UTC) of bar ⌊0.8 n⌋ of n bars: the first that is sealed."""
    stamp = pd.Timestamp(bars[int(SHARE * len(bars))])
    moment: datetime = stamp.to_pydatetime().replace(tzinfo=UTC)
    return moment


def seal_within(dataset: Dataset, sealed_from: datetime) -> datetime:
    """Return where a dataset is sealed: at the goal's time, or at its own last fifth where it ends before."""
    return sealed_from if dataset.end >= sealed_from else seal_of(traded(dataset))


def traded(dataset: Dataset) -> pd.DatetimeIndex:
    """Return the times of the bars on which trading is possible."""
    return pd.DatetimeIndex(dataset.bars.index[dataset.warm_up :])


class SealedData:
    """A `DataCatalog` whose bars end before the seal: the source behind is never asked for a later one.

    Where the source's own bars end before the goal's seal, or begin after it, their own last fifth is left out.
    """

    def __init__(self, behind: DataCatalog, sealed_from: datetime) -> None:
        self.name = behind.name
        self._behind = behind
        self._sealed_from = sealed_from

    def bars(
        self,
        symbol: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        interval: str | None = None,
        warm_up: int = 0,
    ) -> Dataset:
        """Return the bars from start to end that stand before the seal; raise `DatesOutsideData` where none do."""
        last = self._sealed_from - _INSTANT
        if start is not None and start > last:
            raise sealed_error(self._sealed_from)
        asked: dict[str, Any] = {"start": start, "interval": interval, "warm_up": warm_up}
        try:
            found = self._behind.bars(symbol, end=min(end, last) if end else last, **asked)
        except DatesOutsideData:
            if start is not None or end is not None:
                raise
            return self._apart(symbol, interval)
        if not self._ends_early(found):
            return found
        whole = (
            found
            if start is None and end is None
            else self._behind.bars(symbol, start=None, end=last, interval=interval)
        )
        own = seal_of(traded(whole)) - _INSTANT
        if found.end <= own:
            return found
        if start is not None and start > own:
            raise sealed_error(own + _INSTANT)
        return self._behind.bars(symbol, end=own, **asked)

    def _apart(self, symbol: str, interval: str | None) -> Dataset:
        """Return bars of a market that begins after the goal's seal, without their own last fifth."""
        whole = self._behind.bars(symbol, start=None, end=None, interval=interval)
        own = seal_of(traded(whole)) - _INSTANT
        return self._behind.bars(symbol, start=None, end=own, interval=interval)

    def dataset(self, fingerprint: str) -> Dataset:
        """Return bars that were served before, cut at the seal; raise `DatesOutsideData` where none are left."""
        return cut(self._behind.dataset(fingerprint), self._sealed_from)

    def _ends_early(self, found: Dataset) -> bool:
        """Return whether the market's bars end long before the seal, and not just at the bar before it."""
        index = traded(found)
        usual = index.to_series().diff().max() if len(index) > 1 else pd.Timedelta(0)
        return bool(found.end + usual.to_pytimedelta() < self._sealed_from)


def cut(dataset: Dataset, sealed_from: datetime) -> Dataset:
    """Return the bars of a dataset before the seal; they have a fingerprint of their own."""
    place = int(dataset.bars.index.searchsorted(pd.Timestamp(sealed_from.astimezone(UTC).replace(tzinfo=None))))
    if place >= len(dataset):
        return dataset
    if place <= dataset.warm_up:
        raise sealed_error(sealed_from)
    bars = dataset.bars.iloc[:place]
    return replace(dataset, bars=bars, fingerprint=fingerprint(bars))


def sealed_error(sealed_from: datetime) -> DatesOutsideData:
    """Return the error for dates that are sealed altogether."""
    return DatesOutsideData(
        f"The bars from {sealed_from:%Y-%m-%d} on are sealed, and nothing before them was asked for.",
        code="sealed",
        hint="Opening the seal is a person's act: POST /api/goals/{id}/open_seal/.",
        details={"sealed_from": sealed_from.isoformat().replace("+00:00", "Z")},
    )


def sentence(sealed_from: datetime) -> str:
    """Return the line that says what a search did not see, and how to see it."""
    return (
        f"Bars from {sealed_from:%Y-%m-%d} on are sealed and were not used. "
        "To look at them, execute over all bars, or open the seal of the goal (POST /api/goals/{id}/open_seal/)."
    )
