"""The search for the best parameters, and what its best is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backtest_engine.domain import Dataset
from backtest_engine.ports import CancelSignal
from backtest_engine.research.candidates import Evaluator
from backtest_engine.research.grids import Grid
from backtest_engine.research.objectives import Objective
from backtest_engine.research.plateau import heat_maps, plateau_of
from backtest_engine.research.search import Point
from backtest_engine.research.statistics.overfitting import probability_of_overfitting
from backtest_engine.research.statistics.sharpe import (
    Tries,
    deflated_sharpe,
    expected_largest_sharpe,
    probabilistic_sharpe,
)
from backtest_engine.research.trials import Tried, best_of, tried

# Cross-validation over more candidates than these takes the best of them and as many others, evenly spaced.
MOST_COMPARED = 20_000


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is searched: a strategy's grid, for an objective."""

    grid: Grid
    objective: Objective
    method: str = "grid"
    max_trials: int | None = None
    seed: int = 0


def evaluate(
    evaluator: Evaluator,
    dataset: Dataset,
    search: Search,
    points: Sequence[Point],
    *,
    cancelled: CancelSignal | None = None,
) -> list[Tried]:
    """Evaluate points of the grid, in the order given."""
    asked = [search.grid.parameters(point) for point in points]
    found = evaluator.sweep(dataset, asked, needed=search.objective.needed, cancelled=cancelled)
    return [tried(point, candidate, search.objective) for point, candidate in zip(points, found, strict=True)]


def summary(search: Search, trials: list[Tried], *, tries: Tries) -> dict[str, Any]:
    """Return what a search found. `tries` are those of the whole goal on these bars, these among them."""
    best = best_of(trials)
    counts = {
        "trial_count": len(trials),
        "failed": sum(trial.error is not None for trial in trials),
        "excluded": sum(trial.error is None and trial.score is None for trial in trials),
    }
    if best is None:
        sentence = "No candidate has a value for the objective and meets the constraint."
        return {**counts, "best": None, "plateau": None, "heat_maps": [], "pbo": None, "sentence": sentence}
    values = {trial.point: trial.value for trial in trials}
    plateau = plateau_of(best.point, values, shape=search.grid.shape, metric=search.objective.metric)
    overfitting = probability_of_overfitting(_blocks(trials))
    return {
        **counts,
        "best": best_as_dict(best, tries),
        "plateau": {**plateau.as_dict(), "sentence": plateau.sentence},
        "heat_maps": heat_maps(search.grid, best.point, values),
        "pbo": None if overfitting is None else overfitting.probability,
        "pbo_splits": None if overfitting is None else overfitting.splits,
        "sentence": plateau.sentence,
    }


def best_as_dict(best: Tried, tries: Tries) -> dict[str, Any]:
    """Return the best candidate with its deflated Sharpe ratio."""
    return {
        "parameters": dict(best.parameters),
        "value": best.value,
        "trade_count": best.figures["trades"],
        **{name: best.figures[name] for name in ("return_pct", "sharpe_ratio", "max_drawdown_pct")},
        "sharpe_per_bar": best.moments.sharpe,
        "probabilistic_sharpe": probabilistic_sharpe(best.moments),
        "expected_largest_sharpe": expected_largest_sharpe(tries=tries.count, variance_of_tries=tries.variance),
        "deflated_sharpe": deflated_sharpe(best.moments, tries=tries.count, variance_of_tries=tries.variance),
        "tries": tries.count,
    }


def _blocks(trials: list[Tried]) -> Any:
    counting = [trial for trial in trials if trial.moments.sharpe is not None]
    if len(counting) > MOST_COMPARED:
        ranked = sorted(counting, key=lambda trial: trial.score or float("-inf"), reverse=True)
        counting = ranked[:: -(-len(ranked) // MOST_COMPARED)]
    return np.stack([trial.blocks for trial in counting]) if counting else np.empty((0, 3, 0))
