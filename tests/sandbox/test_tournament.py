"""A few of the tournament's strategies in the suite; `python -m tests.score.tournament` runs them all."""

import pytest

from backtest_engine.data import Catalog, Samples
from backtest_engine.engine import Engine
from backtest_engine.executor import SandboxedExecutor
from tests.score.tournament import judge, strategies

CATALOG = Catalog([Samples()])
DATASET = CATALOG.bars("GOOG")
CHEATS = ("skips_crashes_waits", "rare_behind_moving", "centred_mean", "memory_of_bar_numbers", "declared_for_show")
HONEST = ("turn_of_the_month", "walk_forward_model", "progress_for_the_chart", "holidays", "flips")


def verdict(executor: SandboxedExecutor, code: str) -> str:
    engine = Engine(generators={}, data=CATALOG, executor=executor)
    return judge(engine, DATASET, "", code).verdict


class TestTournament:
    @pytest.mark.parametrize("name", CHEATS)
    def test_calls_no_cheat_clean(self, executor: SandboxedExecutor, name: str) -> None:
        ((_, code),) = strategies("cheats", name)

        assert verdict(executor, code) in ("accused", "doubted")

    @pytest.mark.parametrize("name", HONEST)
    def test_accuses_nobody_honest(self, executor: SandboxedExecutor, name: str) -> None:
        ((_, code),) = strategies("honest", name)

        assert verdict(executor, code) in ("clean", "doubted")
