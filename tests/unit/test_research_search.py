"""Searches try what was asked for, say what the best is worth, and see nothing that is sealed."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from backtest_engine.domain import Dataset
from backtest_engine.errors import InvalidParameter, RequestError
from backtest_engine.research import sealing
from backtest_engine.research.grids import grid_of
from backtest_engine.research.objectives import objective_of
from backtest_engine.research.optimize import Search, evaluate, summary
from backtest_engine.research.plateau import plateau_of
from backtest_engine.research.search import planned, suggested
from backtest_engine.research.statistics.sharpe import Tries, variance_of
from backtest_engine.research.walk_forward import part_of, row_of, stitched, walk, windows_of
from backtest_engine.research.walk_forward import summary as walked
from tests.unit.research import Slopes, bars

CODE = """
from backtesting import Strategy


class S(Strategy):
    a = 10
    b = 1.5

    def init(self): ...

    def next(self): ...
"""


def search(**asked: Any) -> Search:
    grid = grid_of(asked or {"a": list(range(1, 6)), "b": [1, 2, 3, 4, 5]}, code=CODE)
    return Search(grid=grid, objective=objective_of("return_pct", None))


class TestGrid:
    def test_ranges_include_their_end_and_steps_do_not_drift(self) -> None:
        grid = grid_of({"a": {"from": 5, "to": 15, "step": 5}, "b": {"from": 0.1, "to": 0.5, "step": 0.1}}, code=CODE)

        assert grid.axes == {"a": (5, 10, 15), "b": (0.1, 0.2, 0.3, 0.4, 0.5)}
        assert len(grid) == 15
        assert [grid.point(number) for number in range(15)] == grid.points()

    @pytest.mark.parametrize(
        ("asked", "code"),
        [
            ({}, "invalid_parameter"),
            ({"c": [1]}, "invalid_parameter"),
            ({"a": []}, "invalid_parameter"),
            ({"a": [1.5]}, "invalid_parameter"),
            ({"a": ["x"]}, "invalid_parameter"),
            ({"a": {"from": 3, "to": 1, "step": 1}}, "invalid_parameter"),
            ({"a": {"from": 1, "to": 2, "step": 0}}, "invalid_parameter"),
            ({"a": {"from": 1, "until": 2}}, "invalid_parameter"),
            ({"a": {"from": 1, "to": 10**9, "step": 1}}, "grid_too_large"),
        ],
    )
    def test_refuses_what_makes_no_grid(self, asked: dict[str, Any], code: str) -> None:
        with pytest.raises(InvalidParameter) as refused:
            grid_of(asked, code=CODE)
        assert refused.value.code == code

    def test_says_how_large_it_is_and_what_fits(self) -> None:
        grid = grid_of({"a": list(range(1, 1001)), "b": list(range(1, 501))}, code=CODE)
        with pytest.raises(InvalidParameter) as refused:
            planned(grid, method="grid", max_trials=10_000, seed=0)
        assert refused.value.code == "grid_too_large"
        assert refused.value.details["combinations"] == 500_000
        assert refused.value.details["max_trials"] == 10_000


class TestMethods:
    @pytest.mark.parametrize("method", ["random", "latin"])
    def test_draw_different_points_that_a_seed_repeats(self, method: str) -> None:
        grid = search(a=list(range(1, 41)), b=list(range(1, 31))).grid
        points = planned(grid, method=method, max_trials=60, seed=4)

        assert len(set(points)) == 60
        assert points == planned(grid, method=method, max_trials=60, seed=4)
        assert points != planned(grid, method=method, max_trials=60, seed=5)

    def test_latin_takes_every_value_equally_often(self) -> None:
        grid = search(a=list(range(1, 21)), b=list(range(1, 11))).grid
        counts = Counter(point[0] for point in planned(grid, method="latin", max_trials=20, seed=1))

        assert set(counts.values()) == {1}

    def test_random_fills_a_small_grid(self) -> None:
        grid = search(a=[1, 2], b=[1, 2]).grid
        assert sorted(planned(grid, method="random", max_trials=100, seed=1)) == grid.points()
        assert sorted(planned(grid, method="latin", max_trials=100, seed=1)) == grid.points()

    def test_tpe_finds_the_top_and_a_seed_repeats_it(self) -> None:
        pytest.importorskip("optuna")
        grid = search(a=list(range(1, 31)), b=list(range(1, 31))).grid

        def run() -> list[tuple[int, ...]]:
            asked = suggested(grid, max_trials=60, seed=3)
            seen: list[tuple[int, ...]] = []
            points = next(asked)
            try:
                while True:
                    seen += points
                    points = asked.send([-float((x - 20) ** 2 + (y - 7) ** 2) for x, y in points])
            except StopIteration:
                return seen

        points = run()
        assert points == run()
        assert len(set(points)) == len(points) == 60
        assert min((x - 20) ** 2 + (y - 7) ** 2 for x, y in points) <= 10


class TestObjective:
    def test_keeps_to_the_constraint_and_knows_what_less_is_better_of(self) -> None:
        asked = objective_of("volatility_ann_pct", "trade_count >= 20 and max_drawdown_pct > -30")

        assert asked.score({"volatility_ann_pct": 12.0, "trades": 20, "max_drawdown_pct": -10}) == -12
        assert asked.score({"volatility_ann_pct": 12.0, "trades": 19, "max_drawdown_pct": -10}) is None
        assert asked.score({"volatility_ann_pct": None, "trades": 40, "max_drawdown_pct": -10}) is None

    @pytest.mark.parametrize(("metric", "constraint"), [("luck", None), (None, "trade_count = 3"), (None, "x > 1")])
    def test_refuses_what_is_no_metric_or_comparison(self, metric: str | None, constraint: str | None) -> None:
        with pytest.raises(InvalidParameter):
            objective_of(metric, constraint)


class TestOptimize:
    def test_tells_a_hill_from_a_needle(self) -> None:
        hill = {(x, y): 10.0 - abs(x - 2) * 0.5 - abs(y - 2) * 0.5 for x in range(5) for y in range(5)}
        needle = dict.fromkeys(hill, 1.0) | {(2, 2): 10.0}

        assert plateau_of((2, 2), hill, shape=(5, 5), metric="return_pct").shape == "hill"
        assert plateau_of((2, 2), needle, shape=(5, 5), metric="return_pct").as_dict() == {
            "median": 1.0,
            "share": 0.0,
            "neighbours": 8,
            "shape": "needle",
        }
        assert plateau_of((0, 0), hill, shape=(5, 5), metric="return_pct").neighbours == 3
        # A loss of ten: within a fifth of its size.
        losses = {(0,): -10.0, (1,): -12.0, (2,): -12.1}
        assert plateau_of((0,), losses, shape=(3,), metric="return_pct").share == 1.0

    def test_finds_the_best_and_says_what_it_is_worth(self) -> None:
        asked = search()
        evaluator = Slopes(lambda chosen: 0.004 if chosen["a"] == 3 else 0.0)
        trials = evaluate(evaluator, bars(600), asked, asked.grid.points())
        found = summary(
            asked, trials, tries=Tries(count=25, variance=variance_of([t.moments.sharpe or 0.0 for t in trials]))
        )

        assert found["best"]["parameters"]["a"] == 3
        assert found["best"]["value"] == max(trial.value for trial in trials if trial.value is not None)
        assert found["best"]["tries"] == 25
        assert found["best"]["deflated_sharpe"] < found["best"]["probabilistic_sharpe"]
        assert 0 <= found["pbo"] <= 1
        (picture,) = found["heat_maps"]
        assert (len(picture["values"]), len(picture["values"][0])) == (5, 5)
        x, y = picture["best"]
        assert picture["values"][y][x] == found["best"]["value"]


class TestWalkForward:
    @pytest.mark.parametrize("anchored", [False, True])
    def test_windows_follow_each_other_and_an_incomplete_one_is_left_out(self, anchored: bool) -> None:
        windows = windows_of(1000, train_bars=300, test_bars=150, anchored=anchored)

        assert [(window.test, window.end) for window in windows] == [(300, 450), (450, 600), (600, 750), (750, 900)]
        assert [window.train for window in windows] == ([0] * 4 if anchored else [0, 150, 300, 450])
        assert len(windows_of(2148)) == 5
        with pytest.raises(InvalidParameter) as refused:
            windows_of(100, train_bars=90, test_bars=20)
        assert refused.value.code == "windows_too_long"

    def test_the_stitched_curve_is_that_of_the_test_windows_alone(self) -> None:
        dataset = bars(1000)
        asked = search(a=[1, 2, 3])
        evaluator = Slopes(lambda chosen: 0.001 * chosen["a"])
        windows = windows_of(1000, train_bars=300, test_bars=150)
        tested = [walk(evaluator, dataset, asked, asked.grid.points(), window) for window in windows]
        rows = [row_of(one, dataset) for one in tested]
        found = walked(rows, cash=10_000, bars_a_year=252)

        level, curve = 10_000.0, []
        for window, row in zip(windows, rows, strict=True):
            test = part_of(dataset, window.test, window.end)
            assert test.bars.index[test.warm_up] == dataset.bars.index[window.test]
            assert len(test) - test.warm_up == 150
            equity = next(iter(evaluator.sweep(test, [row["parameters"]]))).equity
            curve += list(equity / equity[0] * level)
            level = curve[-1]
        assert found["equity"] == pytest.approx(curve)
        assert found["metrics"]["bars"] == 600
        assert stitched(rows)[-1] * 10_000 == pytest.approx(level)
        returns = np.diff(curve) / np.array(curve[:-1])
        assert found["metrics"]["t_statistic"] == pytest.approx(
            returns.mean() / returns.std(ddof=1) * np.sqrt(len(returns))
        )
        assert found["drift"]["a"]["values"] == [row["parameters"]["a"] for row in rows]
        assert all(row["train_to"] < row["test_from"] for row in rows)


class Guarded:
    """A catalog that raises where a bar at or after a time is asked for."""

    name = "guarded"

    def __init__(self, dataset: Dataset, sealed_from: datetime) -> None:
        self.whole = dataset
        self.sealed_from = sealed_from

    def bars(self, symbol: str, *, start: Any, end: Any, interval: Any, warm_up: int = 0) -> Dataset:
        assert end is not None, "all bars were asked for"
        assert end < self.sealed_from, "a sealed bar was asked for"
        stamps = pd.Timestamp(end.astimezone(UTC).replace(tzinfo=None))
        cut = self.whole.bars.loc[:stamps]
        if start is not None:
            cut = cut.loc[pd.Timestamp(start.replace(tzinfo=None)) :]
        return replace(self.whole, bars=cut)

    def dataset(self, fingerprint: str) -> Dataset:
        return self.whole


class TestSeal:
    def test_is_the_time_of_bar_four_fifths(self) -> None:
        assert sealing.seal_of(pd.DatetimeIndex(bars(1003).bars.index)) == datetime(
            2015, 1, 1, tzinfo=UTC
        ) + pd.Timedelta(days=802)

    def test_no_bar_behind_it_is_asked_for(self) -> None:
        whole = bars(1000)
        seal = sealing.seal_of(pd.DatetimeIndex(whole.bars.index))
        sealed = sealing.SealedData(Guarded(whole, seal), seal)

        assert len(sealed.bars("WALK", interval=None)) == 800
        assert len(sealed.bars("WALK", end=datetime(2030, 1, 1, tzinfo=UTC), interval=None)) == 800
        assert len(sealed.dataset(whole.fingerprint)) == 800
        assert sealed.dataset(whole.fingerprint).fingerprint != whole.fingerprint
        with pytest.raises(RequestError) as refused:
            sealed.bars("WALK", start=seal, interval=None)
        assert refused.value.code == "sealed"

    def test_bars_that_end_before_it_keep_their_own_last_fifth(self) -> None:
        whole = bars(500)
        seal = datetime(2030, 1, 1, tzinfo=UTC)

        assert len(sealing.SealedData(Guarded(whole, seal), seal).bars("WALK", interval=None)) == 400
