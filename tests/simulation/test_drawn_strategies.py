"""Whatever a strategy does, the replay is the account that it saw, and no fill lies outside its bar."""

import pytest

from backtest_engine.simulation.house import BACKTESTING, CONSERVATIVE, FILLS
from tests.simulation.drawn import play

STRATEGIES = 200


@pytest.mark.parametrize("fills", FILLS)
def test_child_and_replay_are_equal(fills: str) -> None:
    trials = [play(seed, fills) for seed in range(STRATEGIES)]

    assert {seed: found for seed, trial in enumerate(trials) if (found := trial.differences())} == {}
    assert sum(len(trial.broker.closed_trades) for trial in trials) > 2_000


def test_every_fill_lies_within_its_bar() -> None:
    assert [seed for seed in range(STRATEGIES) if play(seed, CONSERVATIVE).outside()] == []


def test_backtesting_books_fills_that_could_not_have_happened() -> None:
    assert any(play(seed, BACKTESTING).outside() for seed in range(STRATEGIES))


def test_no_money_comes_or_goes_without_a_trade() -> None:
    trials = [play(seed, CONSERVATIVE) for seed in range(STRATEGIES)]

    assert max(trial.unbooked() for trial in trials if trial.broke is None) < 1e-9
