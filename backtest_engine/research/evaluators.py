"""How candidates are evaluated: the only place that knows.

A specification is played on the fast path; code that none stands behind, and what the fast path cannot play, runs in
the sandbox.
"""

import importlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.data.findings import doubts
from backtest_engine.domain import BacktestResult, BrokerSettings, Check, Dataset
from backtest_engine.errors import Cancelled, StrategyError
from backtest_engine.fitting import fitted_to
from backtest_engine.paths import FastPath
from backtest_engine.ports import CancelSignal, Executor
from backtest_engine.research.candidates import Candidate, Evaluator, candidate_of, failed
from backtest_engine.research.statistics.sharpe import Moments
from backtest_engine.result_checks import of_specification
from backtest_engine.simulation.house import BACKTESTING
from backtest_engine.simulation.indicator_cache import IndicatorCache
from backtest_engine.simulation.reporting import IMPOSSIBLE_FILL
from backtest_engine.simulation.statistics import YEARLY, _yearly
from backtest_engine.spec import StrategySpec

_PATHS = FastPath()
# A run of free code with its checks, on a few thousand bars.
SANDBOX_SECONDS = 0.15
# A specification: what is the same for any bars, and what each bar costs.
FAST_SECONDS, FAST_SECONDS_A_BAR = 1e-3, 2e-7
# Equity curves that are held at once, in numbers; and candidates between two looks at whether anybody wants them.
_NUMBERS_AT_ONCE, _CANDIDATES_AT_ONCE = 4_000_000, 200


@dataclass(kw_only=True)
class SandboxEvaluator:
    """Runs each candidate in the sandbox: for code that no specification stands behind."""

    code: str
    broker: BrokerSettings
    executor: Executor
    spec: StrategySpec | None = None
    most_trials: int = 2_000
    _fitted: dict[str, str] = field(default_factory=dict)

    def result(self, dataset: Dataset, *, parameters: Mapping[str, Any], broker: BrokerSettings) -> BacktestResult:
        """Return the whole result of one candidate; raise a `StrategyError` where it fails."""
        if dataset.fingerprint not in self._fitted:
            self._fitted[dataset.fingerprint] = fitted_to(self.code, self.spec, dataset).code
        code = self._fitted[dataset.fingerprint]
        return self.executor.execute(code, dataset=dataset, broker=broker, parameters=parameters)

    def sweep(
        self,
        dataset: Dataset,
        parameters: Sequence[Mapping[str, Any]],
        *,
        needed: Collection[str] = (),
        cancelled: CancelSignal | None = None,
    ) -> Iterator[Candidate]:
        """Yield what becomes of each candidate; raise `Cancelled` once nobody wants to know."""
        for chosen in parameters:
            _stop_where(cancelled)
            yield _candidate(self, dataset, chosen)

    def seconds_each(self, dataset: Dataset) -> float:
        """Return about how long one candidate takes."""
        return SANDBOX_SECONDS


@dataclass(kw_only=True)
class SpecEvaluator:
    """Plays a specification on the fast path; what that cannot play runs in the sandbox."""

    code: str
    broker: BrokerSettings
    executor: Executor
    spec: StrategySpec
    most_trials: int = 100_000
    _sandbox: SandboxEvaluator = field(init=False)
    _kept: tuple[str, pd.DataFrame, StrategySpec, IndicatorCache] | None = None

    def __post_init__(self) -> None:
        self._sandbox = SandboxEvaluator(code=self.code, broker=self.broker, executor=self.executor, spec=self.spec)

    def result(self, dataset: Dataset, *, parameters: Mapping[str, Any], broker: BrokerSettings) -> BacktestResult:
        """Return the whole result of one candidate; raise a `StrategyError` where it fails."""
        bars, spec, cache = self._prepared(dataset)
        fast_path = kernel()
        try:
            found = fast_path.simulate(spec, replace(dataset, bars=bars), broker, parameters, cache=cache)
        except fast_path.NotOnFastPath:
            return self._sandbox.result(dataset, parameters=parameters, broker=broker)
        result: BacktestResult = replace(found, checks=_checks(found))
        return result

    def sweep(
        self,
        dataset: Dataset,
        parameters: Sequence[Mapping[str, Any]],
        *,
        needed: Collection[str] = (),
        cancelled: CancelSignal | None = None,
    ) -> Iterator[Candidate]:
        """Yield what becomes of each candidate; raise `Cancelled` once nobody wants to know.

        `needed` are the metrics that each must have: some take longer than the others together.
        """
        fast_path, yearly = kernel(), self.broker.fills != BACKTESTING
        if not set(needed) <= {*fast_path.FIGURES, *(YEARLY if yearly else ())}:
            for chosen in parameters:
                _stop_where(cancelled)
                yield _candidate(self, dataset, chosen)
            return
        bars, spec, cache = self._prepared(dataset)
        size = max(1, min(_CANDIDATES_AT_ONCE, _NUMBERS_AT_ONCE // len(bars)))
        for first in range(0, len(parameters), size):
            _stop_where(cancelled)
            part = parameters[first : first + size]
            try:
                found = fast_path.sweep(
                    spec, replace(dataset, bars=bars), self.broker, part, cache=cache, keep_equity=True
                )
            except fast_path.NotOnFastPath:
                yield from self._sandbox.sweep(dataset, part, cancelled=cancelled)
            else:
                yield from _candidates(found, part, dataset, yearly=yearly)

    def seconds_each(self, dataset: Dataset) -> float:
        """Return about how long one candidate takes."""
        return FAST_SECONDS + FAST_SECONDS_A_BAR * len(dataset)

    def _prepared(self, dataset: Dataset) -> tuple[pd.DataFrame, StrategySpec, IndicatorCache]:
        """Return the bars, the specification fitted to them, and what is known of them: a cache is of one frame."""
        if self._kept is None or self._kept[0] != dataset.fingerprint:
            fitted = fitted_to(self.code, self.spec, dataset).spec or self.spec
            self._kept = (dataset.fingerprint, dataset.bars, fitted, IndicatorCache())
        return self._kept[1:]


def kernel() -> Any:
    """Return the fast path, which is slow to import, and must not be before somebody says where it is kept."""
    return importlib.import_module("backtest_engine.simulation.fast_path")


def evaluator_of(
    code: str, *, spec: StrategySpec | Mapping[str, Any] | None, broker: BrokerSettings, executor: Executor
) -> SandboxEvaluator | SpecEvaluator:
    """Return what evaluates the candidates of a strategy fastest."""
    if spec is None:
        return SandboxEvaluator(code=code, broker=broker, executor=executor)
    typed = spec if isinstance(spec, StrategySpec) else StrategySpec.model_validate(spec)
    # Where the code is not what the specification compiles to, or nothing can play it, the code is what runs.
    if _PATHS._reason(code, typed) is not None:
        return SandboxEvaluator(code=code, spec=typed, broker=broker, executor=executor)
    return SpecEvaluator(code=code, spec=typed, broker=broker, executor=executor)


def most_trials(spec: Any) -> int:
    """Return how many candidates a study may have: free code is a thousand times slower."""
    return SandboxEvaluator.most_trials if spec is None else SpecEvaluator.most_trials


def _candidate(evaluator: Evaluator, dataset: Dataset, chosen: Mapping[str, Any]) -> Candidate:
    try:
        result = evaluator.result(dataset, parameters=chosen, broker=evaluator.broker)
    except StrategyError as error:
        return failed(error, parameters=chosen)
    return candidate_of(result, parameters=chosen)


def _candidates(
    found: Any, parameters: Sequence[Mapping[str, Any]], dataset: Dataset, *, yearly: bool
) -> Iterator[Candidate]:
    first = dataset.warm_up
    seconds = pd.DatetimeIndex(dataset.bars.index[first:]).as_unit("ns").asi8 / 1e9
    for place, chosen in enumerate(parameters):
        error = found.failures[place]
        if error is not None or found.equity is None:
            yield Candidate(parameters=chosen, error=error)
            continue
        figures = {name: float(values[place]) for name, values in found.figures.items()}
        equity = found.equity[place, first:]
        if yearly:
            with np.errstate(all="ignore"):
                figures |= _yearly(equity, seconds, -figures["max_drawdown_pct"] / 100)[0]  # type: ignore[arg-type]
        metrics: dict[str, Any] = {name: _finite(value) for name, value in figures.items()}
        sharpe = metrics["sharpe_per_bar"]
        yield Candidate(
            parameters=chosen,
            metrics=metrics | {"trades": int(figures["trades"])},
            equity=equity,
            measured=Moments(
                bars=int(figures["bars"]),
                sharpe=sharpe,
                skew=figures["skew"] if sharpe is not None else 0.0,
                kurtosis=figures["kurtosis"] if sharpe is not None else 3.0,
            ),
        )


def _checks(result: BacktestResult) -> tuple[Check, ...]:
    fills = [notice for notice in result.warnings if notice.code == IMPOSSIBLE_FILL]
    return of_specification(len(result.trades), fills=fills, doubts=doubts(result.dataset.notices))


def _stop_where(cancelled: CancelSignal | None) -> None:
    if cancelled is not None and cancelled():
        raise Cancelled("The study was cancelled.")


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None
