"""The look-ahead check on journals made by hand: no sandbox, no clock but a counter."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from backtesting.test import GOOG

from backtest_engine.checks.look_ahead import LookAheadBudget, LookAheadFindings, check_look_ahead, telling_bars
from backtest_engine.checks.synthetic_future import Future, with_future
from backtest_engine.domain import Trade
from backtest_engine.errors import LimitExceeded, StrategyRaised
from backtest_engine.sandbox.journal import Journal
from backtest_engine.sandbox.wire import Bars

INDEX = pd.date_range("2020-01-01", periods=100)
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
        "index": INDEX,
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
        assert 6 <= len(findings.bars) <= 7

    def test_doubts_orders_that_need_the_next_bar(self) -> None:
        findings = check(lambda bar, bars, future: 1.0 if bar % 5 == 0 and bar + 1 < bars else None)

        # Whatever comes after, the order is given as long as something does: it knows only where the data ends.
        assert findings.verified is True

        def peeks(bar: int, bars: int, future: Any) -> float | None:
            return 1.0 if bar % 5 == 0 and bar + 1 < bars and future is not Future.MIRRORED else None

        findings = check(peeks)

        assert findings.verified is False
        assert findings.notices[0].code == "look_ahead"
        assert "2020-" in findings.notices[0].message

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

    def test_doubts_a_shorter_run_that_never_ends(self) -> None:
        def rerun(**_: Any) -> Journal:
            raise LimitExceeded("too slow", code="wall_time_limit")

        assert check(lambda *_: 1.0, rerun=rerun).verified is False


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
            index=INDEX,
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
            index=INDEX,
            budget=LookAheadBudget(),
            run_seconds=0.01,
            seed=3,
            rerun=rerun,
            clock=lambda: 0.0,
        )

        assert findings.verified is True


class TestTellingBars:
    @pytest.mark.parametrize("seed", range(5))
    def test_begin_with_the_decisions_of_the_best_trades(self, seed: int) -> None:
        made = journal(lambda bar, bars, future: 1.0 if bar % 10 == 0 else None)

        bars = telling_bars(made, trades=[trade(11, 21, 1.0), trade(51, 61, 90.0)], bars=100, limit=4, seed=seed)

        assert bars[:2] == (50, 60)
        assert len(set(bars)) == 4
        assert all(1 <= bar <= 98 for bar in bars)

    @pytest.mark.parametrize("seed", range(5))
    def test_are_spread_over_the_file(self, seed: int) -> None:
        made = journal(lambda bar, bars, future: 1.0)

        bars = telling_bars(made, trades=[trade(3, 5, 9.0)], bars=100, limit=6, seed=seed)

        # Three for the best trade, and one in each third of the file.
        assert len(bars) == 6
        assert {(bar - 1) * 3 // 98 for bar in bars[3:]} == {0, 1, 2}

    def test_of_an_idle_strategy_are_any(self) -> None:
        bars = telling_bars(journal(lambda *_: None), trades=(), bars=100, limit=3, seed=0)

        assert bars
        assert all(1 <= bar <= 98 for bar in bars)

    def test_of_too_few_bars_are_none(self) -> None:
        assert telling_bars(journal(lambda *_: None, 2), trades=(), bars=2, limit=3, seed=0) == ()
