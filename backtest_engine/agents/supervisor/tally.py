"""Who counts the tries: luck is judged by how many there were."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from backtest_engine.domain import BacktestResult
from backtest_engine.research.candidates import bar_returns
from backtest_engine.research.statistics.sharpe import Tries, moments, variance_of
from backtest_engine.spec import StrategySpec


class Tally(Protocol):
    """Counts the tries of a goal on these bars."""

    def count(self, spec: StrategySpec, result: BacktestResult) -> None:
        """Write one down; the same specification on the same bars counts once."""

    def tries(self) -> Tries:
        """Return how many there were, and the variance of their Sharpe ratios."""


@dataclass(kw_only=True)
class OwnTally:
    """Counts the tries of one supervision alone."""

    _sharpes: dict[str, float | None] = field(default_factory=dict)

    def count(self, spec: StrategySpec, result: BacktestResult) -> None:
        """Write one down."""
        curve = result.equity["equity"].to_numpy(np.float64)
        self._sharpes[spec.model_dump_json()] = moments(bar_returns(curve)).sharpe

    def tries(self) -> Tries:
        """Return how many there were."""
        known = [sharpe for sharpe in self._sharpes.values() if sharpe is not None]
        return Tries(count=max(1, len(self._sharpes)), variance=variance_of(known))
