"""Asks whether a strategy would have given the same orders had the later bars not existed yet.

The strategy runs again on data cut off after a bar, in a process that has never held the rest, and its orders up to
that bar, and the values of its indicators, are compared with those of the full run. Looking ahead shows at the latest
in the orders of the last bar; `cuts` says which bars those are. Where values or luck give reason to, more bars are
looked at.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from backtest_engine.checks.cuts import Array, Cut, Moves, early_bars, early_futures, foresight, stakes_of, telling_bars
from backtest_engine.checks.differences import (
    NON_DETERMINISTIC,
    ORDERS_BY_DATE,
    Difference,
    first_difference,
    indicator_looks_ahead,
    look_ahead,
    other_warm_up,
    unchecked,
)
from backtest_engine.checks.indicator_values import ValueDifference, first_value_difference
from backtest_engine.checks.synthetic_future import Future
from backtest_engine.domain import Notice, Trade
from backtest_engine.errors import LimitExceeded, StrategyError
from backtest_engine.sandbox.journal import Journal

# A shorter run that takes so much longer than the full one is waiting for something.
_SLOWER = 5.0
_AT_LEAST_SECONDS = 1.0
# Bars that must have been looked at before a strategy is believed, where there are as many.
ENOUGH = 4
# Times as many bars are looked at where there is reason to.
_FURTHER = 12
# Share of the bars that were to be looked at, from which on the rest is not missed.
_MOST_OF = 2 / 3
# Share of the bars with orders that stays the same on other prices, from which on dates rather than prices decide.
_BY_DATE = 0.6


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
    prices: pd.DataFrame,
    cash: float,
    budget: LookAheadBudget,
    run_seconds: float,
    seed: int,
    rerun: Rerun,
    clock: Callable[[], float] = time.perf_counter,
) -> LookAheadFindings:
    """Return whether the orders of a run on `prices` with so much `cash`, which took `run_seconds`, survive truncation.

    The same seed looks at the same bars. Lets `Cancelled` and `SandboxUnavailable` through.
    """
    if budget.runs < 1:
        return LookAheadFindings(verified=None)
    allowance = _Allowance(clock, clock() + budget.seconds, max(_AT_LEAST_SECONDS, _SLOWER * run_seconds))
    closes = prices["Close"].to_numpy(dtype=float)
    moves = Moves.of(prices["Open"].to_numpy(dtype=float), closes)
    stakes = stakes_of(journal, trades, closes, cash)
    return _Examination(
        journal, pd.DatetimeIndex(prices.index), moves, stakes, budget, seed, rerun, allowance
    ).findings()


class _Examination:
    def __init__(
        self,
        journal: Journal,
        index: pd.DatetimeIndex,
        moves: Moves,
        stakes: Array,
        budget: LookAheadBudget,
        seed: int,
        rerun: Rerun,
        allowance: _Allowance,
    ) -> None:
        self.journal, self.budget, self.seed, self.rerun, self.allowance = journal, budget, seed, rerun, allowance
        self.index, self.moves, self.stakes = index, moves, stakes
        self.done: list[int] = []
        self.planned = 0
        self.value: ValueDifference | None = None
        self.holds_later_bars = False
        self.knows_the_end = False
        self.by_date = 0.0

    def findings(self) -> LookAheadFindings:
        bars = len(self.index)
        first, *others = early_bars(self.journal, bars=bars, seed=self.seed) or (None,)
        telling = self._telling(self.budget.runs)
        futures = early_futures(self.journal, bars=bars, seed=self.seed)
        known = tuple(dict.fromkeys(bar for bar in (first, *telling, *others) if bar is not None))
        cuts = [*map(Cut, known)]
        cuts[1:1] = futures
        notice = self._look(cuts)
        enough = bool(self.done) and len(self.done) >= min(self.planned, max(ENOUGH, _MOST_OF * self.planned))
        if notice is None and enough and self._suspicious():
            further = self._telling(_FURTHER * self.budget.runs, known)
            notice = self._look([*map(Cut, further)])
            enough = len(self.done) >= _MOST_OF * self.planned
        if notice is not None:
            return self._found(False, notice)
        if not enough:
            return self._found(None, unchecked(self.done, self.planned))
        doubt = self._doubt()
        return self._found(True) if doubt is None else self._found(None, doubt)

    def _again(self, cut: Cut) -> Journal:
        """Run it again; raise `_OutOfTime` where a run has no time, or takes more of it than it may.

        A strategy that sleeps where there is less data is not known to look ahead, and not believed either.
        """
        seconds = self.allowance.next_run()
        if seconds is None:
            raise _OutOfTime
        try:
            return self.rerun(until=cut.bar, future=cut.future, seconds=seconds)
        except LimitExceeded as error:
            if error.code == "wall_time_limit":
                raise _OutOfTime from None
            raise

    def _telling(self, limit: int, known: Sequence[int] = ()) -> tuple[int, ...]:
        return telling_bars(
            self.journal, stakes=self.stakes, moves=self.moves, limit=limit, seed=self.seed, known=known
        )

    def _suspicious(self) -> bool:
        """Whether there is reason to look at more bars: values or luck that only later bars explain."""
        return self.value is not None or self.holds_later_bars or foresight(self.stakes, self.moves)

    def _doubt(self) -> Notice | None:
        if self.value is not None:
            return indicator_looks_ahead(self.value, self.index)
        if self.by_date >= _BY_DATE and foresight(self.stakes, self.moves):
            return ORDERS_BY_DATE
        return None

    def _look(self, cuts: Sequence[Cut]) -> Notice | None:
        """Run it again for each cut; return what is wrong at the first bar where something is."""
        self.planned += len(cuts)
        for cut in cuts:
            again, error = None, None
            try:
                again = self._again(cut)
            except _OutOfTime:
                return None
            except StrategyError as raised:
                error = raised
            if cut.future is not None and error is not None:
                # Bars that were made up may be too much for an honest strategy: nothing was seen.
                self.planned -= 1
                continue
            try:
                notice = self._judged(cut, again, error)
            except _OutOfTime:
                return None
            self.done.append(cut.bar)
            if notice is not None:
                return notice
        return None

    def _judged(self, cut: Cut, again: Journal | None, error: StrategyError | None) -> Notice | None:
        journal, bar = self.journal, cut.bar
        if again is None:
            # Before the end of the warm-up an honest strategy may have too little to begin with.
            difference = Difference(error=error) if bar > journal.warmup else None
        else:
            difference = first_difference(journal, again, bar) or other_warm_up(journal, again, bar)
            if cut.future is not None:
                self._compare_dates(again, bar)
        if again is not None and cut.future is not None:
            # Where the data only end, arrays may know just that: the last day of a month is known from the next bar's.
            self.holds_later_bars |= first_value_difference(self.journal, again, bar, held=True) is not None
        if difference is None:
            if again is not None and self.value is None and not (self.knows_the_end and cut.future is None):
                self.value = self._value(cut, again)
            return None
        if cut.future is None and self._knows_only_the_end(difference, bar):
            return None
        if difference.error is None and again is not None and not self._repeats(cut, again):
            return NON_DETERMINISTIC
        return look_ahead(difference, bar, self.index)

    def _value(self, cut: Cut, again: Journal) -> ValueDifference | None:
        """Return an indicator's value that needs later bars; not one that needs only where the data end."""
        found = first_value_difference(self.journal, again, cut.bar)
        if found is None or cut.future is not None:
            return found
        for future in Future:
            try:
                other = self._again(Cut(cut.bar, future))
            except StrategyError:
                return None
            changed = first_value_difference(self.journal, other, cut.bar)
            if changed is not None:
                return changed
        self.knows_the_end = True
        return None

    def _compare_dates(self, again: Journal, bar: int) -> None:
        """Note how many more bars with orders stay the same on other prices than chance explains."""
        mine = {event[0] for event in self.journal.events if event[0] > bar}
        other = {event[0] for event in again.events if event[0] > bar}
        by_chance = len(other) / max(1, len(self.index) - bar - 1)
        if mine and by_chance < 1:
            share = (len(mine & other) / len(mine) - by_chance) / (1 - by_chance)
            self.by_date = max(self.by_date, share)

    def _repeats(self, cut: Cut, again: Journal) -> bool:
        """Whether both runs give the same orders a second time, as far as there is time to see."""
        last = len(self.index) - 1
        for once_more, before in ((cut, again), (Cut(last), self.journal)):
            try:
                after = self._again(once_more).events
            except _OutOfTime:
                return True
            except StrategyError as error:
                return isinstance(error, LimitExceeded)
            if before.events != after:
                return False
        return True

    def _knows_only_the_end(self, difference: Difference, bar: int) -> bool:
        """Whether the strategy does something on the last bar of its data, whatever the prices after this one are.

        Such as closing its position: that is knowing when the backtest ends, which every backtest does.
        """
        if difference.warm_up is not None or difference.first != bar:
            return False
        try:
            for future in Future:
                other = self._again(Cut(bar, future))
                if first_difference(self.journal, other, bar) is not None:
                    return False
        except StrategyError:
            # Bars that were made up may be too much for an honest strategy: nothing was seen.
            raise _OutOfTime from None
        return True

    def _found(self, verified: bool | None, *notices: Notice) -> LookAheadFindings:
        return LookAheadFindings(
            verified=verified,
            notices=notices,
            bars=tuple(self.done),
            planned=self.planned,
            decided=len({event[0] for event in self.journal.events}),
            seed=self.seed,
        )


class _OutOfTime(Exception):
    """There is no time for another run, or the machine is too busy for it: nothing was seen."""
