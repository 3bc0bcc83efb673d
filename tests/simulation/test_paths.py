"""Which path an execution takes, and that both give the same."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from backtest_engine.compiler import compile_spec
from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset
from backtest_engine.errors import InvalidParameter, StrategyRaised
from backtest_engine.paths import FastPath
from backtest_engine.simulation.fast_path import IndicatorCache, NotOnFastPath, simulate, sweep
from backtest_engine.simulation.kernel import cache
from backtest_engine.spec import (
    Always,
    Cross,
    Indicator,
    PercentDistance,
    Side,
    StrategySpec,
)
from tests.simulation.both_paths import Paths
from tests.unit.drawn_specs import BARS

SEEDS = range(2_000, 2_012)


@pytest.fixture(scope="module")
def paths() -> Iterator[Paths]:
    both = Paths()
    yield both
    both.close()


def market(count: int = 260) -> Dataset:
    return Dataset(symbol="DRAWN", interval="1d", source="drawn", bars=BARS[0].iloc[:count], fingerprint="drawn")


def average(period: int) -> Indicator:
    return Indicator(name="sma", parameters={"period": period})


CROSSES = StrategySpec(
    long=Side(
        entry=Cross(left=average(3), direction="above", right=average(8)),
        exit=Cross(left=average(3), direction="below", right=average(8)),
    )
)


def never() -> BacktestResult:
    raise AssertionError("the sandbox was asked")


def run(fast: FastPath, spec: StrategySpec | None = CROSSES, **changed: Any) -> BacktestResult:
    code = changed.pop("code", None) or (compile_spec(spec, name="Named", explanation="Why.") if spec else "pass")
    given = {"dataset": market(), "broker": BrokerSettings(), "parameters": None, "path": "auto", "sandboxed": never}
    return fast.execute(code, spec, **{**given, **changed})


# The kernel may have to be compiled first, on a busy machine.
@pytest.mark.timeout(1_200)
class TestBothPaths:
    def test_give_the_same_on_drawn_specifications(self, paths: Paths) -> None:
        trials = [paths.drawn(seed) for seed in SEEDS]

        assert {trial.seed: found for trial in trials if (found := trial.differences())} == {}
        assert not any(isinstance(trial.fast, NotOnFastPath) for trial in trials)
        assert sum(len(t.fast.trades) for t in trials if isinstance(t.fast, BacktestResult)) > 30

    @pytest.mark.parametrize(
        ("side", "code"),
        [
            # A target inside the spread, and an indicator that is longer than the data.
            (Side(entry=Always(), take_profit=PercentDistance(percent=0.1)), "strategy_raised"),
            (
                Side(entry=Cross(left=average(500), direction="above", right=average(3)), max_bars=2),
                "indicator_all_nan",
            ),
        ],
    )
    def test_fail_alike(self, side: Side, code: str, paths: Paths) -> None:
        trial = paths.run(StrategySpec(long=side), market(), BrokerSettings(spread=0.01))

        assert trial.differences() == []
        assert getattr(trial.fast, "code", None) == code


class TestFastPath:
    def test_is_taken_for_what_a_specification_compiles_to(self) -> None:
        result = run(FastPath())

        assert (result.path, result.path_reason, result.verified) == ("fast", None, True)
        assert {check.name: check.status for check in result.checks}["look_ahead"] == "passed"

    @pytest.mark.parametrize(
        ("changed", "reason"),
        [
            ({"code": "class Other(Strategy): ..."}, "fast_path_code_differs"),
            ({"spec": None}, "fast_path_no_spec"),
            ({"parameters": {"fast_sma_period": "three"}}, "fast_path_parameters"),
            ({"dataset": replace(market(), bars=BARS[0] - 100)}, "fast_path_prices"),
        ],
    )
    def test_says_why_it_is_not(self, changed: dict[str, Any], reason: str) -> None:
        with pytest.raises(InvalidParameter) as caught:
            run(FastPath(), path="fast", **changed)

        assert (caught.value.code, caught.value.details["reason"]) == ("fast_path_unavailable", reason)

    def test_leaves_the_rest_to_the_sandbox(self) -> None:
        given = run(FastPath())

        result = run(FastPath(), code="class Other(Strategy): ...", sandboxed=lambda: replace(given, path="sandbox"))

        assert (result.path, result.path_reason) == ("sandbox", "fast_path_code_differs")

    def test_does_without_numba(self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
        monkeypatch.setattr(FastPath, "installed", property(lambda _: False))
        given = BacktestResult(
            metrics={}, trades=(), equity=pd.DataFrame(), broker=BrokerSettings(), parameters={}, dataset=market()
        )

        with caplog.at_level(logging.WARNING):
            FastPath().warm_up()
        result = run(FastPath(), sandboxed=lambda: given)

        assert result.path_reason == "fast_path_not_installed"
        assert "make add-fast" in caplog.text

    def test_fails_in_the_sandbox_which_says_the_line(self) -> None:
        def failing() -> BacktestResult:
            raise StrategyRaised("with its line")

        inside = StrategySpec(long=Side(entry=Always(), take_profit=PercentDistance(percent=0.1)))
        with pytest.raises(StrategyRaised, match="with its line"):
            run(FastPath(), inside, broker=BrokerSettings(spread=0.01), sandboxed=failing)


class TestSample:
    def test_keeps_the_fast_numbers_where_both_agree(self) -> None:
        played = run(FastPath())

        result = run(FastPath(sample=1), sandboxed=lambda: replace(played, path="sandbox"))

        assert (result.path, result.path_differences) == ("fast", ())

    def test_keeps_the_sandbox_numbers_where_they_differ(self, caplog: pytest.LogCaptureFixture) -> None:
        other = replace(run(FastPath()), trades=(), path="sandbox")

        with caplog.at_level(logging.ERROR):
            result = run(FastPath(sample=1), sandboxed=lambda: other)

        assert (result.path, result.path_reason, result.path_differences) == (
            "sandbox",
            "fast_path_differs",
            ("trades",),
        )
        (record,) = caplog.records
        assert StrategySpec.model_validate(record.spec) == CROSSES
        assert record.dataset == "drawn"

    def test_marks_an_error_of_the_sandbox_alone(self) -> None:
        def failing() -> BacktestResult:
            raise StrategyRaised("only there")

        with pytest.raises(StrategyRaised) as caught:
            run(FastPath(sample=1), sandboxed=failing)

        assert caught.value.details["path_differences"] == ["outcome: strategy_raised"]

    def test_is_one_of_so_many(self) -> None:
        asked: list[int] = []
        fast = FastPath(sample=50, drawn=lambda of: asked.append(of) or 7)

        assert run(fast).path == "fast"
        assert asked == [50]


class TestSweep:
    def test_gives_what_single_runs_give(self) -> None:
        kept, dataset = IndicatorCache(), market()
        combinations = [{"fast_sma_period": fast, "slow_sma_period": slow} for fast in (2, 3) for slow in (7, 9)]

        found = sweep(CROSSES, dataset, BrokerSettings(), combinations, cache=kept, keep_equity=True)

        for place, combination in enumerate(combinations):
            alone = simulate(CROSSES, dataset, BrokerSettings(), combination, cache=kept)
            assert found.equity is not None
            assert found.equity[place].tolist() == alone.equity["equity"].tolist()
            for name in ("return_pct", "trades", "win_rate_pct", "max_drawdown_pct", "exposure_time_pct"):
                assert found.figures[name][place] == pytest.approx(alone.metrics[name], rel=1e-12), name
            changes = alone.equity["equity"].pct_change().dropna()
            assert found.figures["sharpe_per_bar"][place] == pytest.approx(changes.mean() / changes.std())
            assert found.figures["skew"][place] == pytest.approx(changes.skew(), rel=0.05)

    def test_says_which_combination_failed(self) -> None:
        combinations = [{"slow_sma_period": period} for period in (5, 400)]

        assert sweep(CROSSES, market(), BrokerSettings(), combinations).failures == (None, "indicator_all_nan")

    def test_refuses_a_parameter_that_is_none(self) -> None:
        with pytest.raises(NotOnFastPath):
            sweep(CROSSES, market(), BrokerSettings(), [{"sma": 3}])


class TestCacheFolder:
    @pytest.fixture(autouse=True)
    def unused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cache, "_state", {"folder": None, "numba": None})

    def test_is_private(self, tmp_path: Path) -> None:
        (tmp_path / "kernel").mkdir(mode=0o755)

        cache.use(tmp_path / "kernel")

        assert (tmp_path / "kernel").stat().st_mode & 0o777 == 0o700
        assert [place.name for place in (tmp_path / "kernel").iterdir()] == [cache.source_digest()]

    def test_is_no_link_to_another(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "kernel").symlink_to(tmp_path / "elsewhere")

        with pytest.raises(cache.UnsafeFolder):
            cache.use(tmp_path / "kernel")
