"""The evidence of a specification on the bars before the seal."""

from typing import Any

from backtest_engine.agents.supervisor.bench import Bench
from backtest_engine.compiler import compile_spec
from backtest_engine.errors import StrategyError
from backtest_engine.research import assessment
from backtest_engine.research.evaluators import SpecEvaluator
from backtest_engine.research.statistics.sharpe import Tries
from backtest_engine.spec import StrategySpec


def of(bench: Bench, spec: StrategySpec, tries: Tries) -> dict[str, Any] | None:
    """Return the evidence of a specification with so many tries; None where it fails."""
    code = compile_spec(spec, name="Supervised", explanation="")
    evaluator = SpecEvaluator(code=code, spec=spec, broker=bench.broker, executor=bench.executor)  # type: ignore[arg-type]
    try:
        result = evaluator.result(bench.dataset, parameters={}, broker=bench.broker)
        found = assessment.researched(result, evaluator, cancelled=bench.cancelled)
    except StrategyError:
        return None
    return assessment.assessed(result, found=found, tries=tries, seal=bench.seal, described=bench.described).as_dict()
