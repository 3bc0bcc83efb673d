"""A vendor as a data source: checked before it is asked, asked again where that helps, remembered in the store."""

import logging
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.data import bars as bar_forms
from backtest_engine.data import quality
from backtest_engine.data.bar_file import noted
from backtest_engine.data.files import file_stem
from backtest_engine.data.interval import Interval, parse_interval
from backtest_engine.data.lru_cache import LRUCache
from backtest_engine.data.retry import RetryPolicy, with_retries
from backtest_engine.data.source import Listing
from backtest_engine.data.store import Store
from backtest_engine.data.time_ranges import TimeRange, merge, missing
from backtest_engine.data.vendor import Vendor, check_reach, first_available
from backtest_engine.domain import Dataset, Notice
from backtest_engine.errors import DataUnavailable, DatesOutsideData

logger = logging.getLogger(__name__)

DEFAULT_INTERVAL = "1d"
# A new piece is asked for with some bars that are already there: if they differ, the vendor has adjusted the past.
_OVERLAP_BARS = 10
_SAME_PRICE = 1e-6
_PUBLISHED_AFTER = timedelta(days=7)
_ALMOST_A_DAY = timedelta(days=1, microseconds=-1)
_ANSWERS = 256


class Remote:
    """Serves a vendor's bars, from the store as far as they are there.

    `now` tells the time, since a bar that is not over yet is left out.
    """

    def __init__(
        self,
        vendor: Vendor,
        *,
        now: Callable[[], datetime],
        store: Store | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        self.name = vendor.name
        self._vendor = vendor
        self._now = now
        self._store = store
        self._retry = retry or RetryPolicy()
        self._answers: LRUCache[Dataset] = LRUCache(_ANSWERS)

    def bars(self, symbol: str, *, start: datetime | None, end: datetime | None, interval: str | None) -> Dataset:
        """Return bars from start to end, both inclusive; the source says `cache` when nobody was asked.

        Raises `UnsupportedInterval` before any request for what the vendor cannot have, `UnknownSymbol`,
        `DatesOutsideData`, `InvalidData`, or `DataUnavailable` once the attempts are used up.
        """
        chosen = parse_interval(interval or DEFAULT_INTERVAL)
        now = self._now()
        name = file_stem(symbol, chosen.name)
        wanted = self._wanted(symbol, start, end, chosen, now)
        if self._store is None:
            fetched, notices = self._fetch(symbol, wanted, chosen, now)
            return self._answer(fetched, symbol, chosen, wanted, notices, cached=False)
        series = f"{name}_{'adjusted' if self._vendor.adjusted else 'raw'}"
        known = self._answers.get((series, wanted, self._version(series)))
        if known is None:
            known = self._remembered(self._store, series, symbol, chosen, wanted, now)
            self._answers.put((series, wanted, self._version(series)), known)
        return bar_forms.lent(known)

    def symbols(self) -> tuple[Listing, ...]:
        """Return nothing: a vendor would have to be asked for a list of everything there is."""
        return ()

    def _version(self, series: str) -> Hashable:
        return self._store.series_version(self.name, series) if self._store else None

    def _wanted(
        self, symbol: str, start: datetime | None, end: datetime | None, interval: Interval, now: datetime
    ) -> TimeRange:
        check_reach(self._vendor, interval=interval, start=start, now=now)
        # Whole bars: the same question some minutes later is the same question.
        over = _last_over(interval, now)
        available = first_available(self._vendor, interval=interval, now=now)
        # The first day is partly over; from the next on it is the same question all day.
        first = max(start, self._vendor.earliest) if start else _midnight(available + timedelta(days=1))
        last = min(end, over) if end else over
        if not interval.intraday:
            # Days are stamped with midnight here and with an hour of the exchange there: ask for whole ones.
            first, last = _midnight(first + _ALMOST_A_DAY), min(_midnight(last) + _ALMOST_A_DAY, over)
        if first > last:
            error = bar_forms.outside(symbol=symbol, source=self.name, start=start, end=end, covered=None)
            error.hint = f"There is no finished {interval.name} bar in that range yet." if first > over else None
            raise error
        return TimeRange(first, last)

    def _remembered(
        self, store: Store, series: str, symbol: str, interval: Interval, wanted: TimeRange, now: datetime
    ) -> Dataset:
        with store.one_flight(self.name, series):
            known = store.series(self.name, series)
            bars, ranges, notices = _taken_apart(known)
            absent = missing(wanted, ranges)
            if not absent and bars is not None:
                return self._answer(bars, symbol, interval, wanted, notices, cached=True)
            try:
                bars, ranges, notices = self._extended(bars, ranges, absent, notices, symbol, interval, now)
            except DataUnavailable as error:
                raise _with_cache_hint(error, bars) from None
            provenance = {
                "source": self.name,
                "symbol": symbol,
                "interval": interval.name,
                "adjusted": self._vendor.adjusted,
                "fetched_at": now.isoformat(),
                "ranges": [[part.first.isoformat(), part.last.isoformat()] for part in ranges],
                "notices": [notice.as_dict() for notice in notices],
            }
            try:
                store.write_series(self.name, series, bars, provenance)
            except OSError as error:
                # A full disk costs the next request, not this one.
                logger.warning("Could not keep a series of %s: %s", self.name, error.strerror)
        return self._answer(bars, symbol, interval, wanted, notices, cached=False)

    def _extended(
        self,
        bars: pd.DataFrame | None,
        ranges: Sequence[TimeRange],
        absent: Sequence[TimeRange],
        known_notices: Sequence[Notice],
        symbol: str,
        interval: Interval,
        now: datetime,
    ) -> tuple[pd.DataFrame, tuple[TimeRange, ...], tuple[Notice, ...]]:
        """Fetch the absent ranges and join them; everything anew when the vendor has changed what is already there."""
        notices = list(known_notices)
        available = first_available(self._vendor, interval=interval, now=now)
        for part in absent:
            asked = _overlapping(part, bars, available)
            try:
                piece, said = self._fetch(symbol, asked, interval, now)
            except DatesOutsideData:
                # Before a listing, after a delisting or over a holiday there is nothing, which is an answer too.
                if bars is None and len(absent) == 1:
                    raise
                continue
            notices += [notice for notice in said if notice not in notices]
            joined = piece if bars is None else _joined(bars, piece)
            if joined is None:
                ends = (part, *ranges)
                whole = TimeRange(max(min(end.first for end in ends), available), max(end.last for end in ends))
                fresh, said = self._fetch(symbol, whole, interval, now)
                return fresh, _published([whole], fresh, now), said
            bars = joined
        if bars is None:
            raise bar_forms.outside(
                symbol=symbol, source=self.name, start=absent[0].first, end=absent[-1].last, covered=None
            )
        return bars, merge((*ranges, *_published(absent, bars, now))), tuple(notices)

    def _fetch(
        self, symbol: str, part: TimeRange, interval: Interval, now: datetime
    ) -> tuple[pd.DataFrame, tuple[Notice, ...]]:
        raw = with_retries(
            lambda: self._vendor.fetch(symbol, start=part.first, end=part.last, interval=interval),
            vendor=self.name,
            retry=self._retry,
        )
        bars, notices = quality.tidy(bar_forms.canonical(raw))
        bars = bar_forms.between(bars, symbol=symbol, source=self.name, start=part.first, end=_last_over(interval, now))
        quality.refuse_corrupt(bars)
        return bars, notices

    def _answer(
        self,
        bars: pd.DataFrame,
        symbol: str,
        interval: Interval,
        wanted: TimeRange,
        notices: Sequence[Notice],
        *,
        cached: bool,
    ) -> Dataset:
        chosen = bar_forms.between(bars, symbol=symbol, source=self.name, start=wanted.first, end=wanted.last)
        found = quality.examine(chosen, interval)
        source = f"{self.name} (cache)" if cached else self.name
        answer = bar_forms.dataset(
            chosen, symbol=symbol, interval=interval.name, source=source, notices=(*notices, *found)
        )
        if self._store is None:
            return answer
        # From here on the memory is the mapped file, shared between the processes that use these bars.
        try:
            self._store.keep(answer)
            shared = self._store.dataset(answer.fingerprint)
        except OSError as error:
            logger.warning("Could not keep bars of %s: %s", self.name, error.strerror)
            return answer
        return bar_forms.relabelled(shared, answer)


def _taken_apart(
    known: tuple[pd.DataFrame, Mapping[str, Any]] | None,
) -> tuple[pd.DataFrame | None, tuple[TimeRange, ...], tuple[Notice, ...]]:
    if known is None:
        return None, (), ()
    bars, facts = known
    ranges = tuple(
        TimeRange(datetime.fromisoformat(first), datetime.fromisoformat(last))
        for first, last in facts.get("ranges", ())
    )
    return bars, ranges, noted(facts)


def _published(ranges: Sequence[TimeRange], bars: pd.DataFrame, now: datetime) -> tuple[TimeRange, ...]:
    """Return the parts of ranges that need not be asked for again: vendors publish the latest bars with a delay."""
    settled = max(bar_forms.instant(bars.index[-1]), now - _PUBLISHED_AFTER)
    return tuple(TimeRange(part.first, min(part.last, settled)) for part in ranges if part.first <= settled)


def _overlapping(part: TimeRange, bars: pd.DataFrame | None, available: datetime) -> TimeRange:
    """Widen a part to a few bars that are known, before it or else after it."""
    if bars is None:
        return part
    stamps = bars.index.asi8 if isinstance(bars.index, pd.DatetimeIndex) else np.empty(0, np.int64)
    before = int(np.searchsorted(stamps, bar_forms.nanoseconds(part.first), side="left"))
    after = int(np.searchsorted(stamps, bar_forms.nanoseconds(part.last), side="right"))
    if before > 0:
        known = bar_forms.instant(bars.index[max(before - _OVERLAP_BARS, 0)])
        return TimeRange(min(part.first, max(known, available)), part.last)
    if after < len(bars):
        return TimeRange(part.first, bar_forms.instant(bars.index[min(after + _OVERLAP_BARS, len(bars)) - 1]))
    return part


def _joined(known: pd.DataFrame, piece: pd.DataFrame) -> pd.DataFrame | None:
    """Return both in one, or None when they disagree about a bar that both have."""
    shared = known.index.intersection(piece.index)
    ours, theirs = known.loc[shared].to_numpy()[:, :4], piece.loc[shared].to_numpy()[:, :4]
    if not np.allclose(ours, theirs, rtol=_SAME_PRICE, atol=0.0):
        return None
    both = pd.concat([known, piece[~piece.index.isin(shared)]]).sort_index()
    return bar_forms.canonical(both)


def _last_over(interval: Interval, now: datetime) -> datetime:
    """Return the latest moment at which a bar may have begun that is over now, the same for some time."""
    midnight = _midnight(now)
    if interval.intraday:
        # Exchanges open at the half hour, so an hourly bar may begin there.
        grain = min(interval.seconds, 1_800)
        begun = int((now - midnight).total_seconds()) - interval.seconds
        return midnight + timedelta(seconds=begun // grain * grain)
    if interval.name == "1mo":
        current = midnight.replace(day=1)
    elif interval.name == "3mo":
        current = midnight.replace(month=(midnight.month - 1) // 3 * 3 + 1, day=1)
    elif interval.name == "1w":
        current = midnight - timedelta(days=midnight.weekday())
    else:
        current = midnight - timedelta(days=interval.seconds // 86_400 - 1)
    return current - timedelta(microseconds=1)


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _with_cache_hint(error: DataUnavailable, bars: pd.DataFrame | None) -> DataUnavailable:
    found = bar_forms.covered(bars) if bars is not None else None
    if found:
        error.hint = f"The cache has bars from {bar_forms.shown(found[0])} to {bar_forms.shown(found[1])}."
    return error
