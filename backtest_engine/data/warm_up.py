"""Bars before the start of a request, so that indicators know their past when trading begins."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from backtest_engine.data import bars as bar_forms
from backtest_engine.data.interval import parse_interval
from backtest_engine.domain import Dataset, Notice
from backtest_engine.errors import DataUnavailable, RequestError

# A market that trades 6.5 hours on five days of seven has a bar in one of 5.2 hours; holidays come on top.
_REACH_INTRADAY, _REACH_DAYS = 7, 1.6
_HOLIDAYS = timedelta(days=10)
_TRIES = 3

Ask = Callable[[datetime], Dataset]


def with_warm_up(found: Dataset, *, start: datetime, count: int, ask: Ask) -> Dataset:
    """Return the dataset with up to `count` more bars in front, and `trade_from` at the start of the request.

    `ask` returns the same source's bars from another start. What the source does not have is said as `short_warm_up`.
    """
    earlier = _reach_back(found, start=start, count=count, ask=ask)
    before = 0 if earlier is None else _bars_before(earlier, start)
    if earlier is not None and before:
        first = bar_forms.instant(earlier.bars.index[max(before - count, 0)])
        # Asked once more, so that what is said of the bars is about exactly these.
        found = _keep_request(ask(first), found)
        before = _bars_before(found, start)
    found = replace(found, trade_from=start)
    return found if before >= count else replace(found, notices=(*found.notices, _short(found, before, count)))


def _reach_back(found: Dataset, *, start: datetime, count: int, ask: Ask) -> Dataset | None:
    interval = parse_interval(found.interval)
    factor = _REACH_INTRADAY if interval.intraday else _REACH_DAYS
    reach = timedelta(seconds=interval.seconds * count * factor) + _HOLIDAYS
    for _ in range(_TRIES):
        try:
            return ask(start - reach)
        except (RequestError, DataUnavailable, OverflowError):
            # Before a listing, or farther back than the vendor keeps such bars.
            reach /= 2
    return None


def _bars_before(dataset: Dataset, start: datetime) -> int:
    return replace(dataset, trade_from=start).warm_up


def _keep_request(wider: Dataset, found: Dataset) -> Dataset:
    """Return the wider dataset with what was said about the request."""
    said = [notice for notice in found.notices if notice.code != "data_quality" and notice not in wider.notices]
    return replace(wider, notices=(*wider.notices, *said))


def _short(found: Dataset, before: int, count: int) -> Notice:
    have = f"Only {before}" if before else "None"
    start, first = bar_forms.shown(found.trade_from or found.start), bar_forms.shown(found.start)
    return Notice(
        code="short_warm_up",
        message=(
            f"{have} of the {count} bars that indicators need before {start} are there: "
            f"{found.source} has {found.symbol} from {first}."
        ),
        details={"asked": count, "bars": before},
    )
