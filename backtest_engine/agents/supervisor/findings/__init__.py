"""What the analyst looks for: a function from a `Situation` to findings, one file each, and one line here."""

from collections.abc import Callable, Iterator

from backtest_engine.agents.supervisor.findings import (
    benchmarks,
    calendar,
    concentration,
    costs,
    dead_thresholds,
    drawdown,
    exposure,
    few_losses,
    few_trades,
    regimes,
    sides,
    stops,
    timing,
)
from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Situation

FINDINGS: tuple[Callable[[Situation], Iterator[Finding]], ...] = (
    few_trades.find,
    dead_thresholds.find,
    costs.find,
    timing.find,
    stops.find,
    regimes.find,
    sides.find,
    calendar.find,
    few_losses.find,
    exposure.find,
    drawdown.find,
    concentration.find,
    benchmarks.find,
)
