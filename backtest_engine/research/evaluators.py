"""How candidates are evaluated: the only place that knows."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset
from backtest_engine.errors import Cancelled, StrategyError
from backtest_engine.fitting import fitted_to
from backtest_engine.ports import CancelSignal, Executor
from backtest_engine.research.candidates import Candidate, Evaluator, candidate_of, failed

# A run of free code with its checks, on a few thousand bars.
SANDBOX_SECONDS = 0.15


@dataclass(kw_only=True)
class SandboxEvaluator:
    """Runs each candidate in the sandbox: for code that no specification stands behind."""

    code: str
    broker: BrokerSettings
    executor: Executor
    spec: Mapping[str, Any] | None = None
    _fitted: dict[str, str] = field(default_factory=dict)

    def result(self, dataset: Dataset, *, parameters: Mapping[str, Any], broker: BrokerSettings) -> BacktestResult:
        """Return the whole result of one candidate; raise a `StrategyError` where it fails."""
        if dataset.fingerprint not in self._fitted:
            self._fitted[dataset.fingerprint] = fitted_to(self.code, self.spec, dataset).code
        code = self._fitted[dataset.fingerprint]
        return self.executor.execute(code, dataset=dataset, broker=broker, parameters=parameters)

    def sweep(
        self, dataset: Dataset, parameters: Sequence[Mapping[str, Any]], *, cancelled: CancelSignal | None = None
    ) -> Iterator[Candidate]:
        """Yield what becomes of each candidate; raise `Cancelled` once nobody wants to know."""
        for chosen in parameters:
            if cancelled is not None and cancelled():
                raise Cancelled("The study was cancelled.")
            try:
                result = self.result(dataset, parameters=chosen, broker=self.broker)
            except StrategyError as error:
                yield failed(error, parameters=chosen)
            else:
                yield candidate_of(result, parameters=chosen)

    def seconds_each(self, dataset: Dataset) -> float:
        """Return about how long one candidate takes."""
        return SANDBOX_SECONDS


def evaluator_of(code: str, *, spec: Mapping[str, Any] | None, broker: BrokerSettings, executor: Executor) -> Evaluator:
    """Return what evaluates the candidates of a strategy fastest."""
    return SandboxEvaluator(code=code, spec=spec, broker=broker, executor=executor)


def timed(evaluator: Evaluator, dataset: Dataset, parameters: Mapping[str, Any]) -> tuple[Candidate, float]:
    """Return one candidate and the seconds that it took."""
    began = time.perf_counter()
    candidate = next(iter(evaluator.sweep(dataset, [parameters])))
    return candidate, time.perf_counter() - began
