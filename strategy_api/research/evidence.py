"""The evidence of an execution: what the engine finds, with the goal's ledger and seal."""

from collections.abc import Mapping
from typing import Any

from backtest_engine.domain import BacktestResult, Dataset
from backtest_engine.ports import DataCatalog, Executor
from backtest_engine.research import assessment
from backtest_engine.research.candidates import candidate_of
from backtest_engine.research.evaluators import evaluator_of
from backtest_engine.research.evidence import Researched, Seal
from backtest_engine.research.sealing import SealedData
from strategy_api.research import goals, ledger
from strategy_api.research.models import Goal
from strategy_api.runs.models import Run
from strategy_api.strategies import research
from strategy_api.strategies.models import StrategyVersion


class Ledger:
    """Counts every try, keeps the seal, and gives the evidence: `strategies.research.Research`."""

    def sealed(
        self, version: StrategyVersion, data: DataCatalog, *, symbol: str, interval: str | None
    ) -> research.Sealed:
        """Return the data cut before the seal of the strategy's goal, which is set here where it is not yet."""
        goal = goals.goal_of(version.strategy)
        sealed_from = goals.sealed_from(goal, data, symbol=symbol, interval=interval)
        return research.Sealed(data=SealedData(data, sealed_from), sealed_from=sealed_from)

    def evaluated(
        self, run: Run, version: StrategyVersion, result: BacktestResult, *, executor: Executor
    ) -> research.Finish:
        """Research what fits into the time of an execution; return what counts the try and gives the evidence."""
        found = _researched(version, result, executor)

        def finish() -> Mapping[str, Any]:
            goal = goals.goal_of(version.strategy)
            bars = ledger.bars_of(result.dataset)
            ledger.record(goal, [evaluated_of(version, result)], origin=run.kind)
            evidence = assessment.assessed(
                result,
                found=found,
                tries=ledger.tries_on(goal, bars),
                seal=seal_before(goal, run, result.dataset),
                asked_interval=version.settings.get("interval"),
                described=version.spec is not None and bool(version.strategy.description),
            )
            return evidence.as_dict()

        return finish


def evaluated_of(version: StrategyVersion, result: BacktestResult) -> ledger.Evaluated:
    """Return a result as the ledger counts it."""
    value = result.metrics.get("return_pct")
    return ledger.Evaluated(
        spec_hash=ledger.spec_hash(version),
        parameters=result.parameters,
        bars=ledger.bars_of(result.dataset),
        moments=candidate_of(result, parameters=result.parameters).moments,
        trade_count=len(result.trades),
        return_pct=float(value) if isinstance(value, int | float) else None,
    )


def seal_before(goal: Goal, run: Run, dataset: Dataset) -> Seal:
    """Return what was seen before; where these bars reach behind the seal, that is a look from now on."""
    sealed_from = goals.seal(goal, dataset)
    openings, looks = goals.seen(goal)
    reaches = dataset.end >= sealed_from
    if reaches:
        goals.record_look(goal, run)
    return Seal(sealed_from=sealed_from, reaches=reaches, openings=openings, looks=looks)


def _researched(version: StrategyVersion, result: BacktestResult, executor: Executor) -> Researched:
    if version.spec is None:
        return Researched()
    evaluator = evaluator_of(version.code, spec=version.spec, broker=result.broker, executor=executor)
    return assessment.researched(result, evaluator) if assessment.fits(evaluator, result) else Researched()


research.register(Ledger())
