"""The evidence of one result: the cheap checks always, those that take research where there is time for them."""

from collections.abc import Sequence

from backtest_engine.domain import BacktestResult
from backtest_engine.errors import StrategyError
from backtest_engine.ports import CancelSignal
from backtest_engine.research import significance
from backtest_engine.research.candidates import Evaluator
from backtest_engine.research.evidence import Evidence, Facts, Researched, Seal, Tries, evidence_of

# What an execution may take longer because of its evidence.
BUDGET_SECONDS = 0.3


def fits(evaluator: Evaluator, result: BacktestResult, *, seconds: float = BUDGET_SECONDS) -> bool:
    """Return whether the research of a result is done within so many seconds."""
    runs = 1 + len(significance.CHANGES) * len(significance.numbers_of(result.parameters))
    return evaluator.seconds_each(result.dataset) * runs <= seconds / 2


def researched(
    result: BacktestResult,
    evaluator: Evaluator,
    *,
    readings: Sequence[float] | None = None,
    near_share: float | None = None,
    neighbours: int = 0,
    seed: int = 0,
    cancelled: CancelSignal | None = None,
) -> Researched:
    """Return what takes research: random entries, twice the costs, neighbouring parameters.

    A search knows its own neighbourhood: then it is given. Otherwise each number changes by 10 and 20 %.
    """
    permuted = significance.permuted(result, seed=seed)
    numbers = significance.numbers_of(result.parameters)
    if near_share is None and numbers:
        rows = significance.changed(evaluator, result.dataset, result.parameters, cancelled=cancelled)
        base = result.metrics.get("return_pct")
        near_share = significance.near_share(base if isinstance(base, float) else None, rows, "return_pct")
        neighbours = len(rows)
    return Researched(
        permutation=permuted,
        doubled_return_pct=_doubled(result, evaluator),
        near_share=near_share,
        neighbours=neighbours,
        without_parameters=not numbers,
        readings=readings,
    )


def assessed(
    result: BacktestResult,
    *,
    found: Researched | None = None,
    tries: Tries | None = None,
    seal: Seal | None = None,
    asked_interval: str | None = None,
    described: bool = False,
) -> Evidence:
    """Return the evidence of a result; without research, what takes it is unknown."""
    return evidence_of(
        Facts(
            result=result,
            found=found or Researched(),
            tries=tries or Tries(),
            seal=seal or Seal(),
            asked_interval=asked_interval,
            described=described,
        )
    )


def _doubled(result: BacktestResult, evaluator: Evaluator) -> float | None:
    broker = significance.costlier(result.broker, 2.0)
    if broker == result.broker:
        return None
    try:
        again = evaluator.result(result.dataset, parameters=result.parameters, broker=broker)
    except StrategyError:
        return None
    value = again.metrics.get("return_pct")
    return float(value) if isinstance(value, int | float) else None
