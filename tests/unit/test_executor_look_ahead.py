"""The look-ahead check on journals made by hand: no sandbox, no clock but a counter."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from backtesting.test import GOOG

from backtest_engine.checks.cuts import Moves, foresight, stakes_of, telling_bars
from backtest_engine.checks.look_ahead import LookAheadBudget, LookAheadFindings, check_look_ahead
from backtest_engine.checks.synthetic_future import Future, with_future
from backtest_engine.domain import Trade
from backtest_engine.errors import LimitExceeded, StrategyRaised
from backtest_engine.sandbox.journal import Indicator, Journal
from backtest_engine.sandbox.wire import Bars

PRICES = GOOG.iloc[:100]
Decide = Callable[[int, int, Any], float | None]


def journal(decide: Decide, bars: int = 100, future: Any = None) -> Journal:
    """Return the journal of a strategy that decides on a size, or none, at each bar."""
    sizes = [(bar, decide(bar, bars, future)) for bar in range(1, bars)]
    events = tuple((bar, 0, size, None, None, None, None, None) for bar, size in sizes if size)
    return Journal(warmup=0, events=events, account=None)


def trade(entry_bar: int, exit_bar: int, return_pct: float) -> Trade:
    return Trade(
        size=1.0,
        entry_bar=entry_bar,
        exit_bar=exit_bar,
        entry_time=datetime(2020, 1, 1, tzinfo=UTC),
        exit_time=datetime(2020, 1, 2, tzinfo=UTC),
        entry_price=1.0,
        exit_price=1.0,
        stop_loss=None,
        take_profit=None,
        pnl=return_pct,
        commission=0.0,
        return_pct=return_pct,
    )


def check(decide: Decide, *, budget: LookAheadBudget | None = None, **changes: Any) -> LookAheadFindings:
    arguments: dict[str, Any] = {
        "trades": (),
        "prices": PRICES,
        "cash": 10_000.0,
        "budget": budget or LookAheadBudget(),
        "run_seconds": 0.01,
        "seed": 1,
        "rerun": lambda *, until, future, seconds: journal(decide, 100 if future else until + 1, future),
        "clock": lambda: 0.0,
    }
    return check_look_ahead(journal(decide), **{**arguments, **changes})


class TestCheck:
    def test_believes_orders_that_survive_truncation(self) -> None:
        findings = check(lambda bar, bars, future: 1.0 if bar % 5 == 0 else None)

        assert findings.verified is True
        # The first decisions, and six more; some may be the same.
        assert 6 <= len(set(findings.bars)) <= 11

    def test_doubts_orders_that_need_the_next_bar(self) -> None:
        findings = check(lambda bar, bars, future: 1.0 if bar % 5 == 0 and bar + 1 < bars else None)

        # Whatever comes after, the order is given as long as something does: it knows only where the data ends.
        assert findings.verified is True

        def peeks(bar: int, bars: int, future: Any) -> float | None:
            return 1.0 if bar % 5 == 0 and bar + 1 < bars and future is not Future.MIRRORED else None

        findings = check(peeks)

        assert findings.verified is False
        assert findings.notices[0].code == "look_ahead"
        assert "2004-" in findings.notices[0].message

    def test_doubts_sizes_that_depend_on_the_rest(self) -> None:
        findings = check(lambda bar, bars, future: 1.0 / bars if bar % 5 == 0 else None)

        assert findings.verified is False

    def test_minds_the_last_digit(self) -> None:
        findings = check(lambda bar, bars, future: 0.3 * (1 + 1e-13 * bars) if bar % 5 == 0 else None)

        assert findings.verified is False

    def test_says_when_a_strategy_never_does_the_same(self) -> None:
        counter = iter(range(10_000))

        findings = check(lambda bar, bars, future: float(next(counter) + 1))

        assert [notice.code for notice in findings.notices] == ["non_deterministic"]

    def test_doubts_a_strategy_that_fails_without_the_rest(self) -> None:
        def rerun(**_: Any) -> Journal:
            raise StrategyRaised("IndexError: index 99 is out of bounds", line=12)

        findings = check(lambda bar, bars, future: 1.0 if bar % 5 == 0 else None, rerun=rerun)

        assert findings.verified is False
        assert findings.notices[0].line == 12

    def test_can_be_switched_off(self) -> None:
        assert check(lambda *_: 1.0, budget=LookAheadBudget(runs=0)) == LookAheadFindings(verified=None)

    def test_stops_when_its_time_is_up(self) -> None:
        ticks = iter(range(0, 1000, 4))

        findings = check(lambda *_: 1.0, budget=LookAheadBudget(seconds=9.0), clock=lambda: float(next(ticks)))

        assert len(findings.bars) == 2
        assert findings.verified is None
        assert findings.notices[0].details["bars_checked"] == 2

    def test_says_when_there_was_no_time_at_all(self) -> None:
        def rerun(**_: Any) -> Journal:
            raise LimitExceeded("too slow", code="wall_time_limit")

        findings = check(lambda *_: 1.0, budget=LookAheadBudget(seconds=0.5), rerun=rerun)

        assert findings.verified is None
        assert findings.notices[0].code == "look_ahead_unchecked"

    def test_does_not_believe_a_strategy_whose_shorter_run_never_ends(self) -> None:
        def rerun(**_: Any) -> Journal:
            raise LimitExceeded("too slow", code="wall_time_limit")

        assert check(lambda *_: 1.0, rerun=rerun).verified is None

    def test_accuses_nobody_for_a_busy_machine(self) -> None:
        """At the end of less data it orders something, and there is no time to see that it always does."""

        def rerun(*, until: int, future: Any, seconds: float) -> Journal:
            if future is not None:
                raise LimitExceeded("too slow", code="wall_time_limit")
            return journal(lambda bar, bars, future: 1.0 if bar % 5 == 0 or bar == bars - 1 else None, until + 1)

        findings = check(lambda bar, bars, future: 1.0 if bar % 5 == 0 or bar == bars - 1 else None, rerun=rerun)

        assert findings.verified is None


class TestFutures:
    @pytest.mark.parametrize("future", Future)
    @pytest.mark.parametrize("after", [0, 40, 298])
    def test_are_possible_bars_that_leave_the_past_alone(self, future: Future, after: int) -> None:
        random = np.random.RandomState(0)
        close = 50 * np.exp(np.cumsum(random.normal(0, 0.02, 300)))
        columns = ("Open", "High", "Low", "Close", "Volume")
        bars = Bars(index=np.arange(300), unit="s", values=np.array([close] * 5), columns=columns)

        changed = with_future(bars, after=after, future=future)

        open_, high, low, close, volume = changed.values
        assert (changed.values[:, : after + 1] == bars.values[:, : after + 1]).all()
        assert np.isfinite(changed.values).all()
        assert (low > 0).all()
        assert (volume > 0).all()
        assert (np.maximum(open_, close) <= high).all()
        assert (np.minimum(open_, close) >= low).all()

    def test_disagree_about_the_direction_of_every_bar(self) -> None:
        bars = Bars(
            index=np.arange(90), unit="s", values=np.ones((5, 90)), columns=("Open", "High", "Low", "Close", "Volume")
        )

        wide, mirrored = (with_future(bars, after=20, future=f).values for f in (Future.WIDE, Future.MIRRORED))

        assert (np.sign(wide[3] - wide[0])[21:] == -np.sign(mirrored[3] - mirrored[0])[21:]).all()
        assert (np.sign(np.diff(wide[3]))[20:] == -np.sign(np.diff(mirrored[3]))[20:]).all()

    def test_look_like_the_data(self) -> None:
        """Nothing tells a made-up bar from a real one: gaps, bodies and ranges are those of bars of the data."""
        bars = Bars.from_frame(GOOG)

        wide, narrow = (with_future(bars, after=1000, future=f, seed=5).values for f in (Future.WIDE, Future.NARROW))

        def shapes(values: np.ndarray) -> np.ndarray:
            open_, high, low, close, _ = values
            return np.log([open_[1:] / close[:-1], high[1:] / low[1:]])

        ranges = np.sort(shapes(bars.values)[1])
        for made in (wide, narrow):
            drawn = shapes(made)[1, 1000:]
            nearest = ranges[np.clip(np.searchsorted(ranges, drawn), 0, len(ranges) - 1)]
            before = ranges[np.clip(np.searchsorted(ranges, drawn) - 1, 0, len(ranges) - 1)]
            assert np.minimum(abs(nearest - drawn), abs(before - drawn)).max() < 1e-3
        assert np.median(shapes(wide)[1, 1000:]) > np.median(shapes(narrow)[1, 1000:])

    def test_of_other_seeds_are_others(self) -> None:
        bars = Bars.from_frame(GOOG)

        one, other = (with_future(bars, after=1000, future=Future.WIDE, seed=seed).values for seed in (1, 2))

        assert (one[3, 1001:] != other[3, 1001:]).mean() > 0.9


class TestWarmUp:
    def test_that_waits_for_a_later_bar_is_seen(self) -> None:
        made = Journal(warmup=60, events=((61, 0, 1.0, None, None, None, None, None),), account=None)

        def rerun(*, until: int, future: Any, seconds: float) -> Journal:
            low = until // 2
            return Journal(warmup=low, events=((low + 1, 0, 1.0, None, None, None, None, None),), account=None)

        findings = check_look_ahead(
            made,
            trades=(),
            prices=PRICES,
            cash=10_000.0,
            budget=LookAheadBudget(),
            run_seconds=0.01,
            seed=1,
            rerun=rerun,
            clock=lambda: 0.0,
        )

        assert findings.verified is False

    def test_that_ends_elsewhere_without_an_order_is_seen(self) -> None:
        made = Journal(warmup=5, events=(), account=None)

        findings = check(lambda *_: None, rerun=lambda **_: Journal(warmup=7, events=(), account=None))

        assert findings.verified is False
        assert "first value" in findings.notices[0].message
        assert made.warmup == 5

    def test_that_is_too_long_for_the_cut_data_is_no_fault(self) -> None:
        made = Journal(warmup=80, events=(), account=None)

        def rerun(*, until: int, future: Any, seconds: float) -> Journal:
            if until <= 80:
                raise StrategyRaised("indicator has no value", line=3)
            return made

        findings = check_look_ahead(
            made,
            trades=(),
            prices=PRICES,
            cash=10_000.0,
            budget=LookAheadBudget(),
            run_seconds=0.01,
            seed=3,
            rerun=rerun,
            clock=lambda: 0.0,
        )

        assert findings.verified is True


def bars_for(made: Journal, trades: Sequence[Trade] = (), *, limit: int, seed: int) -> tuple[int, ...]:
    moves = Moves.of(PRICES.Open.to_numpy(), PRICES.Close.to_numpy())
    return telling_bars(
        made, stakes=stakes_of(made, trades, PRICES.Close.to_numpy(), 10_000.0), moves=moves, limit=limit, seed=seed
    )


class TestTellingBars:
    @pytest.mark.parametrize("seed", range(5))
    def test_begin_with_the_order_that_earned_most(self, seed: int) -> None:
        made = journal(lambda bar, bars, future: 1.0 if bar % 10 == 0 else None)
        moves = Moves.of(PRICES.Open.to_numpy(), PRICES.Close.to_numpy())
        earned = np.maximum(moves.next, 0) + np.maximum(moves.later, 0) / 2

        bars = bars_for(made, limit=6, seed=seed)

        assert bars[0] == max(range(10, 99, 10), key=lambda bar: earned[bar])
        assert len(set(bars)) == 6
        assert all(1 <= bar <= 98 for bar in bars)

    def test_are_others_for_another_seed(self) -> None:
        made = journal(lambda bar, bars, future: 1.0 if bar % 2 else None)

        assert len({bars_for(made, limit=6, seed=seed) for seed in range(20)}) > 15

    def test_hold_bars_without_an_order_too(self) -> None:
        made = journal(lambda bar, bars, future: 1.0 if bar % 2 else None)

        found = [bar for seed in range(20) for bar in bars_for(made, limit=6, seed=seed)]

        assert any(bar % 2 == 0 for bar in found)

    def test_are_not_owned_by_orders_that_earn_nothing(self) -> None:
        """A few orders know the next bar, and a stop is moved on every other bar."""
        moves = Moves.of(PRICES.Open.to_numpy(), PRICES.Close.to_numpy())
        knowing = {int(bar) for bar in np.argsort(-moves.next)[:5]}
        events = [
            (bar, 0, 1.0, None, None, None, None, None) if bar in knowing else (bar, 2, 0, 1.0) for bar in range(1, 99)
        ]
        made = Journal(warmup=0, events=tuple(events), account=None)

        assert all(len(knowing & set(bars_for(made, limit=6, seed=seed))) >= 3 for seed in range(20))

    def test_know_an_exit_by_its_trade(self) -> None:
        made = Journal(warmup=0, events=((20, 1, 0, 1.0),), account=None)
        closed = replace(trade(3, 21, 9.0), exit_reason="closed")

        assert stakes_of(made, [closed], PRICES.Close.to_numpy(), 10_000.0)[20] < 0

    def test_of_an_idle_strategy_are_any(self) -> None:
        bars = bars_for(journal(lambda *_: None), limit=3, seed=0)

        assert bars
        assert all(1 <= bar <= 98 for bar in bars)

    def test_of_too_few_bars_are_none(self) -> None:
        moves = Moves.of(np.ones(2), np.ones(2))

        found = telling_bars(journal(lambda *_: None, 2), stakes=np.zeros(2), moves=moves, limit=3, seed=0)

        assert found == ()


class TestForesight:
    MOVES = Moves.of(GOOG.Open.to_numpy(), GOOG.Close.to_numpy())

    def test_is_orders_that_are_right_more_often_than_luck_explains(self) -> None:
        bars = np.arange(100, 2000, 40)
        directions = np.zeros(len(GOOG))
        directions[bars] = np.sign(self.MOVES.next[bars])

        assert foresight(directions, self.MOVES)

    @pytest.mark.parametrize("seed", range(20))
    def test_is_not_luck(self, seed: int) -> None:
        directions = np.random.RandomState(seed).choice([-1.0, 0.0, 1.0], len(GOOG))

        assert not foresight(directions, self.MOVES)


class TestIndicators:
    EVENTS = tuple((bar, 0, 1.0, None, None, None, None, None) for bar in range(10, 100, 10))

    def findings(self, values: Callable[[np.ndarray], np.ndarray]) -> LookAheadFindings:
        """Check a strategy whose orders are honest and whose indicator is not."""
        close = PRICES.Close.to_numpy()

        def made(until: int, future: Any) -> Journal:
            seen = close[: until + 1] if future is None else np.append(close[: until + 1], close[until + 1 :] * 1.1)
            events = tuple(event for event in self.EVENTS if event[0] < len(seen))
            shown = (Indicator(name="line", values=values(seen).astype("f4")),)
            return Journal(warmup=0, events=events, account=None, indicators=shown)

        return check_look_ahead(
            made(99, None),
            trades=(),
            prices=PRICES,
            cash=10_000.0,
            budget=LookAheadBudget(),
            run_seconds=0.01,
            seed=1,
            rerun=lambda *, until, future, seconds: made(until, future),
            clock=lambda: 0.0,
        )

    @pytest.mark.parametrize(
        "values",
        [
            lambda close: np.append(close[1:], np.nan),
            lambda close: close - close.mean(),
            lambda close: close[::-1].cumsum()[::-1],
        ],
    )
    def test_that_need_later_bars_leave_it_open(self, values: Callable[[np.ndarray], np.ndarray]) -> None:
        findings = self.findings(values)

        assert findings.verified is None
        assert [notice.code for notice in findings.notices] == ["indicator_looks_ahead"]
        # There is reason to look at more bars than usual.
        assert len(findings.bars) > 12

    @pytest.mark.parametrize(
        "values",
        [np.cumsum, lambda close: np.arange(len(close)) / len(close), lambda close: np.append(close[:-1], np.nan)],
    )
    def test_that_need_none_or_only_the_end_are_no_doubt(self, values: Callable[[np.ndarray], np.ndarray]) -> None:
        assert self.findings(values).verified is True
