"""Asks whether a strategy would have given the same orders had the later bars not existed yet.

The strategy runs again on data cut off after a bar, in a process that has never held the rest, and its orders up to
that bar are compared with those of the full run. Looking ahead shows at the latest in the orders of the last bar, so
the bars to cut at are those where the strategy ordered something, those of the most profitable trades first.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from backtest_engine.checks.synthetic_future import Future
from backtest_engine.domain import Notice, Trade
from backtest_engine.errors import LimitExceeded, StrategyError
from backtest_engine.sandbox.journal import INIT, Event, Journal, describe

# A shorter run that takes so much longer than the full one is waiting for something.
_SLOWER = 5.0
_AT_LEAST_SECONDS = 1.0
# Bars that must have been looked at before a strategy is believed, where there are as many.
ENOUGH = 4
_LONG_WARM_UP = 10


class Rerun(Protocol):
    """Runs the strategy again on other bars."""

    def __call__(self, *, until: int, future: Future | None, seconds: float) -> Journal:
        """Run it on the bars up to and including `until`, followed by a future or by nothing, within so many seconds.

        Raises what the first run could have raised.
        """


@dataclass(frozen=True, kw_only=True)
class LookAheadBudget:
    """How much the check may cost: at most so many runs on truncated data, and no new one after so many seconds.

    Zero runs switch the check off: results are then neither verified nor doubted.
    """

    runs: int = 6
    seconds: float = 10.0


@dataclass(frozen=True, kw_only=True)
class LookAheadFindings:
    """What the check found at which of the bars that it meant to look at. `verified` is None when it looked at too few.

    `decided` is the number of bars on which the strategy ordered something, `seed` what the bars were drawn with.
    """

    verified: bool | None
    notices: tuple[Notice, ...] = ()
    bars: tuple[int, ...] = ()
    planned: int = 0
    decided: int = 0
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class _Difference:
    """The first orders that the two runs disagree in, or the error of the truncated one."""

    full: Event | None = None
    truncated: Event | None = None
    error: StrategyError | None = None
    warm_up: tuple[int, int] | None = None


@dataclass(frozen=True)
class _Allowance:
    """How long a run may take: `a_run` seconds, and no run may outlast the deadline of all of them."""

    clock: Callable[[], float]
    deadline: float
    a_run: float

    def next_run(self) -> float | None:
        """Return the seconds for one more run, None when there are none left."""
        left = self.deadline - self.clock()
        return min(left, self.a_run) if left > 0 else None


def check_look_ahead(
    journal: Journal,
    *,
    trades: Sequence[Trade],
    index: pd.DatetimeIndex,
    budget: LookAheadBudget,
    run_seconds: float,
    seed: int,
    rerun: Rerun,
    clock: Callable[[], float] = time.perf_counter,
) -> LookAheadFindings:
    """Return whether the orders of a run, which took `run_seconds`, survive truncation.

    The same seed looks at the same bars. Lets `Cancelled` and `SandboxUnavailable` through.
    """
    if budget.runs < 1:
        return LookAheadFindings(verified=None)
    allowance = _Allowance(clock, clock() + budget.seconds, max(_AT_LEAST_SECONDS, _SLOWER * run_seconds))
    done: list[int] = []
    early = early_bars(journal, bars=len(index), seed=seed)
    telling = telling_bars(journal, trades=trades, bars=len(index), limit=budget.runs, seed=seed)
    planned = tuple(dict.fromkeys((*early, *telling)))
    decided = len({event[0] for event in journal.events})

    def found(verified: bool | None, *notices: Notice) -> LookAheadFindings:
        return LookAheadFindings(
            verified=verified, notices=notices, bars=tuple(done), planned=len(planned), decided=decided, seed=seed
        )

    for bar in planned:
        seconds = allowance.next_run()
        if seconds is None:
            break
        try:
            again = rerun(until=bar, future=None, seconds=seconds)
            events: Sequence[Event] = again.events
            difference = _first_difference(journal, events, bar) or _other_warm_up(journal, again, bar)
        except StrategyError as error:
            if isinstance(error, LimitExceeded) and error.code == "wall_time_limit" and seconds < allowance.a_run:
                break
            # Before the end of the warm-up an honest strategy may have too little to begin with.
            events, difference = (), _Difference(error=error) if bar > journal.warmup else None
        done.append(bar)
        if difference is None or _knows_only_the_end(difference, journal, bar, allowance, rerun):
            continue
        repeatable = difference.error is not None or _repeats(journal, events, bar, len(index), allowance, rerun)
        notice = _look_ahead(difference, bar, index) if repeatable else _NON_DETERMINISTIC
        return found(False, notice)
    if len(done) < min(len(planned), ENOUGH) or not done:
        return found(None, _unchecked(done, planned))
    return found(True)


def early_bars(journal: Journal, *, bars: int, seed: int) -> tuple[int, ...]:
    """Return bars at which what was filled in backwards shows: the first decisions, and two inside a long warm-up."""
    first = sorted({event[0] for event in journal.events if journal.warmup < event[0] <= bars - 2})[:3][-1:]
    last = min(journal.warmup, bars - 2)
    if last < _LONG_WARM_UP:
        return tuple(first)
    pick = random.Random(seed ^ 1)  # noqa: S311 -- the seed is the secret
    return (*sorted({pick.randint(last // 3, last // 2), pick.randint(last // 2, last - 1)}), *first)


def telling_bars(journal: Journal, *, trades: Sequence[Trade], bars: int, limit: int, seed: int) -> tuple[int, ...]:
    """Return the bars to cut after: decisions of the best trades, then one in each part of the rest.

    A choice that is made once from the whole file, such as a side, may come out the same from long stretches of it: the
    rest is therefore spread from the first to the last bar, over decisions where a part has any.
    """
    first, last = journal.warmup + 1, bars - 2
    if first > last:
        return ()
    decided = {event[0] for event in journal.events if first <= event[0] <= last}
    pick = random.Random(seed)  # noqa: S311 -- repeatable, not secret
    # By what they earned: trades of next to nothing with a large return would own the sample otherwise.
    best = sorted(trades, key=lambda trade: -trade.pnl)[: limit * 4]
    # Market orders are decided on the bar before they fill, others on any earlier one.
    around = [bar for t in best for bar in (t.entry_bar - 1, t.exit_bar - 1, t.entry_bar, t.exit_bar)]
    chosen = [bar for bar in dict.fromkeys(around) if bar in decided][: (limit + 1) // 2]
    parts = limit - len(chosen)
    for part in range(parts):
        start, end = (first + (last + 1 - first) * edge // parts for edge in (part, part + 1))
        others = sorted(bar for bar in decided.difference(chosen) if start <= bar < end)
        chosen.append(pick.choice(others) if others else pick.randint(start, max(start, end - 1)))
    return tuple(dict.fromkeys(chosen))


def _first_difference(journal: Journal, truncated: Sequence[Event], bar: int) -> _Difference | None:
    full = [event for event in journal.events if event[0] <= bar]
    for ours, theirs in zip(full, truncated, strict=False):
        if not _same(ours, theirs):
            return _Difference(full=ours, truncated=theirs)
    if len(full) > len(truncated):
        return _Difference(full=full[len(truncated)])
    return _Difference(truncated=truncated[len(full)]) if len(truncated) > len(full) else None


def _other_warm_up(journal: Journal, again: Journal, bar: int) -> "_Difference | None":
    """Whether indicators begin elsewhere than in the full run: that chooses the first bar of trading.

    On data that ends within the warm-up some have no value yet, and count as if they needed none.
    """
    if bar <= journal.warmup or again.warmup == journal.warmup:
        return None
    return _Difference(warm_up=(journal.warmup, again.warmup))


def _knows_only_the_end(
    difference: _Difference, journal: Journal, bar: int, allowance: _Allowance, rerun: Rerun
) -> bool:
    """Whether the strategy does something on the last bar of its data, whatever the prices after this one are.

    Such as closing its position: that is knowing when the backtest ends, which every backtest does.
    """
    if difference.warm_up is not None:
        return False
    first = min((event[0] for event in (difference.full, difference.truncated) if event is not None), default=INIT)
    if first != bar:
        return False
    try:
        for future in Future:
            seconds = allowance.next_run()
            if seconds is None:
                return False
            other = rerun(until=bar, future=future, seconds=seconds).events
            if _first_difference(journal, [event for event in other if event[0] <= bar], bar) is not None:
                return False
    except StrategyError:
        return False
    return True


def _same(one: Event, other: Event) -> bool:
    """Compare exactly: the last digit of a size or price is room enough for a message from the future."""
    return one == other


def _repeats(
    journal: Journal, truncated: Sequence[Event], bar: int, bars: int, allowance: _Allowance, rerun: Rerun
) -> bool:
    """Whether both runs give the same orders a second time, as far as there is time to see."""
    for until, before in ((bar, truncated), (bars - 1, journal.events)):
        seconds = allowance.next_run()
        if seconds is None:
            return True
        try:
            after = rerun(until=until, future=None, seconds=seconds).events
        except StrategyError as error:
            return isinstance(error, LimitExceeded)
        if len(before) != len(after) or not all(_same(a, b) for a, b in zip(before, after, strict=True)):
            return False
    return True


def _look_ahead(difference: _Difference, bar: int, index: pd.DatetimeIndex) -> Notice:
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


def _unchecked(done: Sequence[int], planned: Sequence[int]) -> Notice:
    return Notice(
        code="look_ahead_unchecked",
        message=f"Whether the strategy looks ahead is unknown: of {len(planned)} bars to cut the data after, there was "
        f"time for {len(done)}.",
        details={"bars_checked": len(done), "bars_planned": len(planned)},
    )


_NON_DETERMINISTIC = Notice(
    code="non_deterministic",
    message="Two runs of the strategy on the same bars gave different orders, so its result means little. "
    "Does it use random numbers without a seed, or the time of day?",
)
