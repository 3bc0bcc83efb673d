"""The vectors of `tests/corpus/fills`: backtesting.py's own behaviour bit for bit, and the house rules."""

import json
from pathlib import Path
from typing import Any

import pytest

from backtest_engine.simulation.losses import REASONS
from tests.simulation.fills_adapter import play

CORPUS = Path(__file__).parents[1] / "corpus" / "fills"


def cases(name: str) -> list[Any]:
    lines = (CORPUS / f"{name}.jsonl").read_text().splitlines()
    return [pytest.param(case, id=case["id"]) for case in map(json.loads, lines)]


@pytest.mark.parametrize("case", cases("backtesting"))
def test_the_broker_equals_backtesting(case: dict[str, Any]) -> None:
    expected = case["expect"]

    played = play(case, "backtesting")

    metrics = expected.pop("metrics", {})
    assert {name: played[name] for name in expected} == expected
    assert {name: played["metrics"][name] for name in metrics} == _about(metrics)


@pytest.mark.parametrize("case", cases("conservative"))
def test_the_house_rules(case: dict[str, Any]) -> None:
    expected = {"status": "ok", **case["expect"]}

    played = play(case, "conservative")

    trades, metrics = expected.pop("trades", None), expected.pop("metrics", {})
    if trades is not None:
        assert [trade[:5] for trade in played["trades"]] == trades, case["why"]
    assert {name: played["metrics"][name] for name in metrics} == _about(metrics, 1e-6), case["why"]
    for name in expected:
        wanted = pytest.approx(expected[name], rel=1e-12) if name == "cash" else expected[name]
        assert played[name] == wanted, f"{name}: {case['why']}"


def test_every_house_rule_has_five_vectors() -> None:
    topics = [case.values[0]["topic"] for case in cases("conservative")]

    assert len(set(topics)) == 12
    assert min(map(topics.count, topics)) >= 5


def test_every_reason_is_shown() -> None:
    shown = {reason for case in cases("conservative") for reason in case.values[0]["expect"].get("lost", {})}

    assert shown == set(REASONS)


def _about(metrics: dict[str, Any], rel: float = 1e-9) -> dict[str, Any]:
    return {name: value if value is None else pytest.approx(value, rel=rel, abs=rel) for name, value in metrics.items()}
