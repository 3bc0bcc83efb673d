"""The kernel's broker: every vector, also of the other kind of fills, and what breaking a rule does."""

import copy
import json
from typing import Any

import pytest

from backtest_engine.simulation.house import FILLS
from tests.simulation.fast_adapter import play_fast
from tests.simulation.fills_adapter import play
from tests.simulation.kernel_modules import FOLDER, interpreted
from tests.simulation.mutants import MUTANTS, caught_by, passes, vectors


@pytest.fixture(scope="module")
def kernel() -> Any:
    return interpreted()


def test_passes_every_vector(kernel: Any) -> None:
    assert [case["id"] for fills, case in vectors() if not passes(case, fills, kernel)] == []


@pytest.mark.parametrize("fills", FILLS)
def test_is_the_broker_of_child_and_replay(fills: str, kernel: Any) -> None:
    """Everything that is answered is equal, open trades, waiting orders, losses and figures included."""
    differ = []
    for _, case in vectors()[::25]:
        answers = [json.loads(json.dumps(one(copy.deepcopy(case), fills))) for one in (play, _with(kernel))]
        differ += [case["id"]] if answers[0] != answers[1] else []

    assert differ == []


def _with(kernel: Any) -> Any:
    return lambda case, fills: play_fast(case, fills, kernel)


# `python -m tests.simulation.mutants` tries all of them.
@pytest.mark.parametrize("mutant", MUTANTS[::14], ids=lambda mutant: mutant[0].replace(" ", "-"))
def test_a_broken_rule_is_caught(mutant: tuple[str, str, str, str]) -> None:
    _, file, old, new = mutant

    assert caught_by(file, old, new) is not None


def test_every_mutant_changes_one_place() -> None:
    found = [(FOLDER / f"{file}.py").read_text().count(old) for _, file, old, _ in MUTANTS]

    assert set(found) == {1}
    assert len(MUTANTS) >= 25
