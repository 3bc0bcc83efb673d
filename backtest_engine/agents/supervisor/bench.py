"""Where specifications are played: the bars before the seal, the broker's settings, and all that they share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from backtest_engine.agents.supervisor.situation import Situation
from backtest_engine.compiler import compile_spec
from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset
from backtest_engine.ports import CancelSignal, Executor
from backtest_engine.research.evidence import Seal
from backtest_engine.simulation.fast_path import NotOnFastPath, simulate
from backtest_engine.simulation.indicator_cache import IndicatorCache
from backtest_engine.spec import StrategySpec
from backtest_engine.spec.lengths import fit


@dataclass(kw_only=True)
class Bench:
    """Plays specifications on the fast path, and what that cannot play in the sandbox where there is one.

    The dataset ends before the seal: nothing here can ask for later bars. `described` says whether words led to it.
    """

    dataset: Dataset
    broker: BrokerSettings
    executor: Executor | None = None
    cancelled: CancelSignal | None = None
    seal: Seal = field(default_factory=Seal)
    described: bool = False
    _cache: IndicatorCache = field(default_factory=IndicatorCache, repr=False)
    _played: dict[str, BacktestResult] = field(default_factory=dict, repr=False)

    def play(self, spec: StrategySpec) -> BacktestResult:
        """Return what a specification gives, played once; raise a `StrategyError` where it fails."""
        key = spec.model_dump_json()
        if key not in self._played:
            self._played[key] = self._play(self.fitted(spec))
        return self._played[key]

    def fitted(self, spec: StrategySpec) -> StrategySpec:
        """Return the specification with its lengths counted in these bars."""
        return fit(spec, pd.DatetimeIndex(self.dataset.bars.index))[0]

    def situation(self, spec: StrategySpec) -> Situation:
        """Return a specification with what it gave, for those who look at it."""
        return Situation(result=self.play(spec), spec=spec, fitted=self.fitted(spec))

    def of_code(self, code: str, parameters: Mapping[str, Any] | None = None) -> Situation:
        """Return free code with what it gave in the sandbox: it can be analysed, not edited."""
        if self.executor is None:
            raise ValueError("free code needs an executor")
        result = self.executor.execute(
            code, dataset=self.dataset, broker=self.broker, parameters=parameters, cancelled=self.cancelled
        )
        return Situation(result=result)

    def _play(self, spec: StrategySpec) -> BacktestResult:
        try:
            return simulate(spec, self.dataset, self.broker, cache=self._cache)
        except NotOnFastPath:
            if self.executor is None:
                raise
            code = compile_spec(spec, name="Supervised", explanation="")
            return self.executor.execute(code, dataset=self.dataset, broker=self.broker, cancelled=self.cancelled)
