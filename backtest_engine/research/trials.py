"""What is kept of each candidate that a search tried."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from backtest_engine.research.candidates import Candidate
from backtest_engine.research.objectives import Objective
from backtest_engine.research.statistics.sharpe import Moments

Floats = np.ndarray[Any, np.dtype[np.float64]]

# Figures that the table of a search shows, by the metric's name.
SHOWN = ("return_pct", "sharpe_ratio", "max_drawdown_pct", "trades", "win_rate_pct", "profit_factor")


@dataclass(frozen=True, kw_only=True, eq=False)
class Tried:
    """One candidate of a search.

    `value` is the objective, `score` what the search makes large: None where the candidate failed, has no value, or
    breaks a condition. `blocks` (3, blocks) is what cross-validation needs of its returns.
    """

    point: tuple[int, ...]
    parameters: Mapping[str, Any]
    figures: Mapping[str, Any]
    value: float | None
    score: float | None
    moments: Moments
    blocks: Floats
    error: str | None = None


def tried(point: tuple[int, ...], candidate: Candidate, objective: Objective) -> Tried:
    """Return what is kept of a candidate."""
    return Tried(
        point=point,
        parameters=dict(candidate.parameters),
        figures={name: candidate.metrics.get(name) for name in SHOWN},
        value=objective.value(candidate.metrics),
        score=objective.score(candidate.metrics),
        moments=candidate.moments,
        blocks=candidate.blocks,
        error=candidate.error,
    )


def best_of(trials: list[Tried]) -> Tried | None:
    """Return the candidate with the largest score, the first of equals; None where none counts."""
    counting = [trial for trial in trials if trial.score is not None]
    return max(counting, key=lambda trial: trial.score or 0.0) if counting else None
