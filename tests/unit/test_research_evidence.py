"""The evidence beside a result: each check by what it looks at, and the verdict by what the checks say."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from backtest_engine.domain import BrokerSettings, Check
from backtest_engine.research.assessment import assessed, fits, researched
from backtest_engine.research.evidence import CHECKS, EvidenceCheck, Researched, Seal, Tries, of_failure
from backtest_engine.research.statistics.permutation import Permutation
from tests.unit.research import Slopes, bars, result, trade

CODES = [
    *("look_ahead", "deterministic", "tampering", "data", "enough_trades", "benchmark", "luck", "out_of_sample"),
    *("costs", "fragility", "concentration", "readings", "fills"),
]


def _timing(p: float) -> Permutation:
    return Permutation(p=p, samples=1_000, earned=0.0, middle=0.0, score=2.3)


GOOD = Researched(permutation=_timing(0.01), doubled_return_pct=20.0, near_share=0.8, neighbours=8)


def good(*, trades: int = 40, mean: float = 0.002) -> Any:
    """Return a result with a clear edge on a market that goes nowhere."""
    returns = np.random.default_rng(3).normal(mean, 0.008, 999)
    traded = [trade(20 * row, 20 * row + 10, pnl=10.0 if row % 3 else -2.0) for row in range(trades)]
    return result(bars(1000), traded, returns)


def check(evidence: Any, code: str) -> EvidenceCheck:
    return next(check for check in evidence.checks if check.code == code)


class TestVerdict:
    def test_is_believable_where_everything_decisive_is_good(self) -> None:
        evidence = assessed(good(), found=GOOD, seal=Seal(sealed_from=datetime(2030, 1, 1, tzinfo=UTC)))

        assert evidence.verdict == "believable", evidence.as_dict()
        assert check(evidence, "out_of_sample").verdict == "unknown"
        assert evidence.sentence.startswith("Believable")

    @pytest.mark.parametrize(
        ("verdict", "asked"),
        [
            ("unknown", {"found": Researched()}),
            ("unknown", {"found": replace(GOOD, near_share=None)}),
            ("weak", {"found": replace(GOOD, near_share=0.3)}),
            ("not_believable", {"found": replace(GOOD, near_share=0.0)}),
            ("weak", {"found": replace(GOOD, permutation=_timing(0.2))}),
            ("not_believable", {"found": replace(GOOD, permutation=_timing(0.7))}),
            ("weak", {"found": replace(GOOD, doubled_return_pct=-1.0)}),
            ("weak", {"tries": Tries(count=20, variance=0.0)}),
            ("not_believable", {"tries": Tries(count=1000, variance=0.09)}),
        ],
    )
    def test_follows_what_is_decisive(self, verdict: str, asked: dict[str, Any]) -> None:
        assert assessed(good(), **{"found": GOOD, **asked}).verdict == verdict

    @pytest.mark.parametrize(("trades", "verdict", "said"), [(29, "weak", "warn"), (9, "not_believable", "fail")])
    def test_falls_with_the_number_of_trades(self, trades: int, verdict: str, said: str) -> None:
        evidence = assessed(good(trades=trades), found=GOOD)

        assert evidence.verdict == verdict
        assert check(evidence, "enough_trades").verdict == said

    @pytest.mark.parametrize(
        ("built", "code"),
        [
            *[("look_ahead", "look_ahead"), ("source", "look_ahead"), ("determinism", "deterministic")],
            *[("numbers", "tampering"), ("data", "data"), ("fills", "fills")],
        ],
    )
    def test_is_not_believable_where_a_built_check_failed(self, built: str, code: str) -> None:
        known = good()
        spoiled = replace(
            known,
            checks=tuple(
                Check(name=one.name, status="failed", scope="It is not.") if one.name == built else one
                for one in known.checks
            ),
        )
        evidence = assessed(spoiled, found=GOOD)

        assert check(evidence, code).verdict == "fail"
        assert evidence.verdict == "not_believable"
        assert "It is not." in evidence.sentence

    def test_has_every_check_whatever_happened(self) -> None:
        nothing = result(bars(1000), [], np.zeros(999))
        for evidence in (assessed(good()), assessed(nothing), of_failure("strategy_raised")):
            assert [check.code for check in evidence.checks] == CODES == [check.__name__ for check in CHECKS]
            assert evidence.as_dict()["verdict"] == evidence.verdict
        assert assessed(nothing).verdict == "not_believable"
        assert of_failure("strategy_raised").verdict == "unknown"


class TestChecks:
    def test_tries_lower_the_chance_that_it_is_more_than_luck(self) -> None:
        one = check(assessed(good()), "luck").figures
        many = check(assessed(good(), tries=Tries(count=47, variance=0.0026)), "luck")

        assert many.figures["deflated_sharpe"] < one["deflated_sharpe"]
        assert many.sentence.startswith("Try 47 for this goal on these bars")

    def test_costs_are_exact_where_known_and_about_where_not(self) -> None:
        exact, about = check(assessed(good(), found=GOOD), "costs"), check(assessed(good()), "costs")

        assert (exact.figures["twice_costs_return_pct"], exact.figures["estimated"]) == (20.0, False)
        assert about.figures["estimated"] is True
        assert about.figures["twice_costs_return_pct"] == pytest.approx(
            good().metrics["return_pct"] - 40 * 0.1 / 10_000 * 100
        )

    def test_profit_of_a_few_trades_warns(self) -> None:
        returns = np.random.default_rng(3).normal(0.002, 0.008, 999)
        traded = [trade(20 * row, 20 * row + 9, pnl=100.0 if row < 5 else -1.0) for row in range(40)]

        found = check(assessed(result(bars(1000), traded, returns)), "concentration")
        assert found.verdict == "warn"
        assert found.figures["best_trades_share"] > 1

    def test_the_sealed_bars_are_evidence_once(self) -> None:
        seal = Seal(sealed_from=datetime(2017, 3, 11, tzinfo=UTC), reaches=True)

        first = check(assessed(good(), seal=seal), "out_of_sample")
        again = check(assessed(good(), seal=replace(seal, openings=1, looks=1)), "out_of_sample")
        assert (first.verdict, again.verdict) == ("pass", "warn")
        assert first.figures["sealed_return_pct"] > 0
        assert "seen twice" in again.sentence

    def test_holding_as_little_is_what_has_to_be_beaten(self) -> None:
        rising = result(bars(1000, drift=0.003), [trade(0, 500)], np.full(999, 0.0001))

        found = check(assessed(rising), "benchmark")
        assert found.verdict == "warn"
        assert found.figures["same_exposure_return_pct"] < found.figures["buy_hold_return_pct"]

    def test_fills_that_need_luck_warn(self) -> None:
        large = good()
        large = replace(large, trades=(replace(large.trades[0], size=1e9, same_bar=True), *large.trades[1:]))
        borrowed = replace(large, broker=BrokerSettings(margin=0.1))

        found = check(assessed(borrowed), "fills")
        assert found.verdict == "warn"
        assert (found.figures["above_volume"], found.figures["same_bar"], found.figures["leverage"]) == (1, 1, 10.0)

    def test_readings_that_lose_warn(self) -> None:
        found = assessed(good(), found=replace(GOOD, readings=[-3.0, 12.0]), described=True)
        assert check(found, "readings").verdict == "warn"
        assert check(found, "readings").figures["readings"] == 2


class TestResearch:
    def test_changes_the_numbers_and_doubles_the_costs(self) -> None:
        evaluator = Slopes(lambda chosen: 0.002, noise=0.0001)
        known = replace(evaluator.result(bars(500), parameters={"a": 10, "b": 2}, broker=BrokerSettings()))
        known = replace(known, parameters={"a": 10, "b": 2.0, "flag": True})
        evaluator.evaluated.clear()
        found = researched(known, evaluator)

        changed = [parameters for _, parameters in evaluator.evaluated][:8]
        assert [row["a"] for row in changed] == [8, 9, 11, 12, 10, 10, 10, 10]
        assert [row["b"] for row in changed][4:] == [1.6, 1.8, 2.2, 2.4]
        assert (found.near_share, found.neighbours) == (1.0, 8)
        assert found.doubled_return_pct is not None
        assert found.permutation is not None
        assert fits(evaluator, known)
        assert not fits(evaluator, known, seconds=1e-6)
