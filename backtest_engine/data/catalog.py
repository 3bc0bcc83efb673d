"""Several data sources asked in order, as one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from rapidfuzz import process

from backtest_engine.data.bars import shown
from backtest_engine.data.dates import Moment, requested_range
from backtest_engine.data.interval import parse_interval
from backtest_engine.data.source import ListedSource, Listing
from backtest_engine.data.store import Store
from backtest_engine.data.warm_up import with_warm_up
from backtest_engine.domain import Dataset, Notice
from backtest_engine.errors import (
    AlgoAgentError,
    DataUnavailable,
    DatesOutsideData,
    InvalidData,
    RequestError,
    UnknownSymbol,
    UnsupportedInterval,
)

# What a request may miss at either end without being called partial: a weekend, a holiday, a market closed today.
_TOLERATED_DAYS = 5

# When no source serves a request, the answer that tells the most wins: one that did not answer may have the bars.
_TELLING: tuple[type[AlgoAgentError], ...] = (
    InvalidData,
    DataUnavailable,
    DatesOutsideData,
    UnsupportedInterval,
    UnknownSymbol,
)


class Catalog:
    """Serves bars from the first of its sources that covers a request, and says which one that was.

    With a `store`, every dataset that was served can be had again by its fingerprint.
    """

    name = "catalog"

    def __init__(self, sources: Sequence[ListedSource], *, store: Store | None = None) -> None:
        if len({source.name for source in sources}) != len(sources):
            raise ValueError("two data sources have the same name")
        self._sources = tuple(sources)
        self._store = store

    def bars(
        self,
        symbol: str,
        *,
        start: Moment = None,
        end: Moment = None,
        interval: str | None = None,
        warm_up: int = 0,
    ) -> Dataset:
        """Return the bars from start to end, both inclusive; a date without a time means the whole day.

        With `warm_up`, so many bars before the start come first where the source has them; `Dataset.trade_from` then
        says where trading may begin. A fingerprint names the bars alone: keep `trade_from` beside it.

        A source that covers only a part serves only if none covers more, with a `partial_coverage` notice. Raises
        `InvalidDates`, `UnsupportedInterval`, `UnknownSymbol`, `DatesOutsideData`, `InvalidData` or `DataUnavailable`.
        """
        found = self._served(symbol, start=start, end=end, interval=interval)
        first, last = requested_range(start, end)
        if warm_up > 0 and first is not None:
            found = self._warmed_up(found, start=first, end=last, count=warm_up)
        if self._store is not None:
            try:
                self._store.keep(found)
            except OSError as error:
                message = f"These bars could not be kept, so a run on them cannot be repeated: {error.strerror}."
                return _with(found, Notice(code="not_kept", message=message))
        return found

    def dataset(self, fingerprint: str) -> Dataset:
        """Return exactly the bars that were once served under a fingerprint, whatever the source says today.

        Raises a `RequestError` with code `unknown_dataset`.
        """
        if self._store is None:
            raise RequestError("No store of past bars is configured.", code="unknown_dataset")
        return self._store.dataset(fingerprint)

    def _served(self, symbol: str, *, start: Moment, end: Moment, interval: str | None) -> Dataset:
        first, last = requested_range(start, end)
        wanted = parse_interval(interval).name if interval else None
        name = self._spelled(symbol)
        partial: list[Dataset] = []
        failures: list[AlgoAgentError] = []
        for source in self._sources:
            try:
                found = source.bars(name, start=first, end=last, interval=wanted)
            except _TELLING as error:
                failures.append(error)
                continue
            if _missing(found, first, last) is None:
                return _told(found, failures)
            partial.append(found)
        if partial:
            widest = max(partial, key=lambda dataset: dataset.end - dataset.start)
            return _told(_with(widest, _partial(widest, first, last)), failures)
        raise self._failure(name, failures)

    def _warmed_up(self, found: Dataset, *, start: datetime, end: datetime | None, count: int) -> Dataset:
        # A vendor that remembers adds to its name how it did.
        names = (found.source, found.source.removesuffix(" (cache)"))
        source = next(source for source in self._sources if source.name in names)

        def ask(first: datetime) -> Dataset:
            return source.bars(found.symbol, start=first, end=end, interval=found.interval)

        return with_warm_up(found, start=start, count=count, ask=ask)

    def symbols(self) -> tuple[Listing, ...]:
        """Return everything that the sources hold themselves, in the order of the sources."""
        return tuple(listing for source in self._sources for listing in source.symbols())

    def _spelled(self, symbol: str) -> str:
        """Return the symbol as a listing spells it, upper case otherwise."""
        cleaned = symbol.strip() if isinstance(symbol, str) else ""
        if not cleaned or len(cleaned) > 40 or not cleaned.isprintable():
            raise UnknownSymbol(f"{symbol!r:.50} is no symbol.", hint=self._offer())
        listed = {listing.symbol for listing in self.symbols()}
        if cleaned in listed:
            return cleaned
        return next((name for name in listed if name.upper() == cleaned.upper()), cleaned.upper())

    def _failure(self, symbol: str, failures: Sequence[AlgoAgentError]) -> AlgoAgentError:
        known = [error for error in failures if not isinstance(error, UnknownSymbol)]
        if not known:
            near = self._near(symbol, failures)
            return UnknownSymbol(
                f"No data source knows the symbol {symbol}.",
                hint=f"Did you mean {' or '.join(near)}?" if near else self._offer(),
                details={"symbol": symbol, "near": near, "available": self._listed()[:100]},
            )
        best = min(known, key=lambda error: [isinstance(error, kind) for kind in _TELLING].index(True))
        others = [error.message for error in known if error is not best]
        if others:
            best.details = {**best.details, "other_sources": others}
            best.hint = " ".join(filter(None, (best.hint, *others)))
        return best

    def _near(self, symbol: str, failures: Sequence[AlgoAgentError]) -> list[str]:
        """Return symbols that look like this one, listed here or offered by a vendor."""
        here = [match[0] for match in process.extract(symbol, self._listed(), limit=3, score_cutoff=60)]
        offered = [str(name) for error in failures for name in error.details.get("near", ())]
        return list(dict.fromkeys((*here, *offered)))[:5]

    def _listed(self) -> list[str]:
        return sorted({listing.symbol for listing in self.symbols()})

    def _offer(self) -> str:
        listed = self._listed()
        return f"Available without a network: {', '.join(listed[:20])}." if listed else "No data is installed."


def _missing(found: Dataset, start: datetime | None, end: datetime | None) -> str | None:
    short_start = start is not None and (found.start - start).days >= _tolerated(found)
    short_end = end is not None and (end - found.end).days >= _tolerated(found)
    if not (short_start or short_end):
        return None
    return "start" if short_start else "end"


def _tolerated(found: Dataset) -> int:
    return max(_TOLERATED_DAYS, 2 * parse_interval(found.interval).seconds // 86_400)


def _partial(found: Dataset, start: datetime | None, end: datetime | None) -> Notice:
    asked = f"{shown(start) if start else 'the beginning'} to {shown(end) if end else 'now'}"
    return Notice(
        code="partial_coverage",
        message=f"Asked for {asked}; {found.source} has {found.symbol} {shown(found.start)} to {shown(found.end)}.",
        details={"start": found.start.isoformat(), "end": found.end.isoformat()},
    )


def _told(found: Dataset, failures: Sequence[AlgoAgentError]) -> Dataset:
    """Say so when a source that stands earlier in the list failed and another one stood in."""
    down = [error for error in failures if isinstance(error, DataUnavailable | InvalidData)]
    if not down:
        return found
    message = f"{found.source} served {found.symbol}, because another source could not: {down[0].message}"
    return _with(found, Notice(code="fallback_source", message=message, details={"source": found.source}))


def _with(found: Dataset, notice: Notice) -> Dataset:
    return replace(found, notices=(*found.notices, notice))
