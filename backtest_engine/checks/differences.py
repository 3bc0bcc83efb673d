"""What two runs of a strategy disagree in, and what is said of that."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from backtest_engine.checks.indicator_values import ValueDifference
from backtest_engine.domain import Notice
from backtest_engine.errors import StrategyError
from backtest_engine.sandbox.journal import INIT, Event, Journal, describe


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The first orders that the two runs disagree in, or the error of the truncated one."""

    full: Event | None = None
    truncated: Event | None = None
    error: StrategyError | None = None
    warm_up: tuple[int, int] | None = None

    @property
    def first(self) -> int:
        """The bar of the earlier order, that of `init` where there is none."""
        return min((event[0] for event in (self.full, self.truncated) if event is not None), default=INIT)


def first_difference(journal: Journal, again: Journal, bar: int) -> Difference | None:
    """Return the first orders up to a bar that two runs disagree in.

    They are compared exactly: the last digit of a size or price is room enough for a message from the future.
    """
    full = [event for event in journal.events if event[0] <= bar]
    other = [event for event in again.events if event[0] <= bar]
    for ours, theirs in zip(full, other, strict=False):
        if ours != theirs:
            return Difference(full=ours, truncated=theirs)
    if len(full) > len(other):
        return Difference(full=full[len(other)])
    return Difference(truncated=other[len(full)]) if len(other) > len(full) else None


def other_warm_up(journal: Journal, again: Journal, bar: int) -> Difference | None:
    """Whether indicators begin elsewhere than in the full run: that chooses the first bar of trading.

    On data that ends within the warm-up some have no value yet, and count as if they needed none.
    """
    if bar <= journal.warmup or again.warmup == journal.warmup:
        return None
    return Difference(warm_up=(journal.warmup, again.warmup))


def look_ahead(difference: Difference, bar: int, index: pd.DatetimeIndex) -> Notice:
    """Say in which order a strategy knew later bars than the one that the data were cut after."""
    cut = _date(index[bar])
    if difference.error is not None:
        return Notice(
            code="look_ahead",
            message=f"The strategy looks ahead: with the data ending at {cut} it fails "
            f"({difference.error.message[:200]}), although its orders until then should need no later bar.",
            line=difference.error.line,
            details={"bar": bar, "date": _iso(index[bar]), "order": None},
        )
    if difference.warm_up is not None:
        first, other_first = difference.warm_up
        return Notice(
            code="look_ahead",
            message=f"The strategy looks ahead: an indicator has its first value at bar {first} of the whole data, "
            f"and at bar {other_first} of the data up to {cut}. What it waits for must not depend on later bars.",
            details={"bar": bar, "date": _iso(index[bar]), "order": None},
        )
    event = difference.full or difference.truncated or (bar,)
    order, order_bar = describe(event), max(event[0], 0)
    when = "before the first bar" if event[0] == INIT else f"at {_date(index[order_bar])}"
    if difference.full is None:
        what = f"Without the bars after {cut} it orders {order!r} {when}; knowing them it does not."
    elif difference.truncated is None:
        what = f"It orders {order!r} {when} only because it knows the bars after {cut}."
    else:
        other = difference.truncated
        what = f"It orders {order!r} {when}; without the bars after {cut} its order is {describe(other)!r}"
        what += "." if other[0] == event[0] else f" at {_date(index[max(other[0], 0)])}."
    return Notice(
        code="look_ahead",
        message=f"The strategy looks ahead. {what}",
        details={"bar": order_bar, "date": _iso(index[order_bar]), "order": order, "data_ends": _iso(index[bar])},
    )


def _date(stamp: pd.Timestamp) -> str:
    return stamp.strftime("%Y-%m-%d" if stamp == stamp.normalize() else "%Y-%m-%d %H:%M")


def _iso(stamp: pd.Timestamp) -> str:
    return stamp.tz_localize("UTC").isoformat().replace("+00:00", "Z")


def unchecked(done: Sequence[int], planned: int) -> Notice:
    """Say that too few bars were looked at."""
    return Notice(
        code="look_ahead_unchecked",
        message=f"Whether the strategy looks ahead is unknown: of {planned} bars to cut the data after, there was "
        f"time for {len(done)}.",
        details={"bars_checked": len(done), "bars_planned": planned},
    )


def indicator_looks_ahead(value: ValueDifference, index: pd.DatetimeIndex) -> Notice:
    """Say that an indicator is computed from later bars although no order was seen to need them."""
    return Notice(
        code="indicator_looks_ahead",
        message=f"The indicator {value.name} needs later bars: at {_date(index[value.bar])} it is {value.full:g}, and "
        f"{value.truncated:g} where other bars follow. No order was seen to depend on that, which is not to say that "
        "none does.",
        details={"indicator": value.name, "bar": value.bar, "date": _iso(index[value.bar])},
    )


ORDERS_BY_DATE = Notice(
    code="orders_by_date",
    message="The strategy orders on the same dates whatever the prices are, and the moves after them were better than "
    "luck explains: it may know the past that it is tested on by heart. Try it on another symbol or period.",
)


NON_DETERMINISTIC = Notice(
    code="non_deterministic",
    message="Two runs of the strategy on the same bars gave different orders, so its result means little. "
    "Does it use random numbers without a seed, or the time of day?",
)
