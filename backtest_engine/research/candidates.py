"""One way through for whatever tries candidates: a candidate is the strategy with other parameters, on some bars."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset, Trade
from backtest_engine.errors import StrategyError
from backtest_engine.ports import CancelSignal
from backtest_engine.research.statistics.overfitting import block_sums
from backtest_engine.research.statistics.sharpe import Moments, moments

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """What became of one candidate.

    `equity` is the account after each traded bar, shape (bars,), without the warm-up; `metrics` are those of a
    result. A candidate that failed has an `error` (its code), no metrics and an empty equity.
    """

    parameters: Mapping[str, Any]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    equity: Floats = field(default_factory=lambda: np.empty(0))
    trades: Sequence[Trade] = ()
    error: str | None = None
    measured: Moments | None = None

    @property
    def returns(self) -> Floats:
        """Returns of the traded bars, shape (bars − 1,)."""
        return bar_returns(self.equity)

    @property
    def moments(self) -> Moments:
        return self.measured or moments(self.returns)

    @property
    def blocks(self) -> Floats:
        """What cross-validation needs of the returns, shape (3, blocks)."""
        return block_sums(self.returns)


class Evaluator(Protocol):
    """Evaluates candidates of one strategy. The only place that knows how: `evaluators`."""

    code: str
    broker: BrokerSettings

    def result(self, dataset: Dataset, *, parameters: Mapping[str, Any], broker: BrokerSettings) -> BacktestResult:
        """Return the whole result of one candidate; raise a `StrategyError` where it fails."""

    def sweep(
        self,
        dataset: Dataset,
        parameters: Sequence[Mapping[str, Any]],
        *,
        needed: Collection[str] = (),
        cancelled: CancelSignal | None = None,
    ) -> Iterator[Candidate]:
        """Yield what becomes of each candidate, in the order given; raise `Cancelled` once nobody wants to know.

        `needed` are the metrics that each must have; others may be missing.
        """

    def seconds_each(self, dataset: Dataset) -> float:
        """Return about how long one candidate takes."""


def bar_returns(equity: Floats) -> Floats:
    """Return the returns from bar to bar; an account that is wiped out returns nothing from then on."""
    if len(equity) < 2:
        return np.empty(0)
    before = equity[:-1]
    safe = np.where(before > 0, before, 1.0)
    returns: Floats = np.where(before > 0, equity[1:] / safe - 1, 0.0)
    return returns


def candidate_of(result: BacktestResult, *, parameters: Mapping[str, Any]) -> Candidate:
    """Return a result as a candidate."""
    return Candidate(
        parameters=parameters,
        metrics=result.metrics,
        equity=result.equity["equity"].to_numpy(np.float64),
        trades=result.trades,
    )


def failed(error: StrategyError, *, parameters: Mapping[str, Any]) -> Candidate:
    """Return a candidate that failed."""
    return Candidate(parameters=parameters, error=error.code)
