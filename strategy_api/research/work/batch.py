"""The work of a run that tries one strategy on many markets."""

from dataclasses import replace
from typing import Any

from backtest_engine.domain import BacktestResult
from backtest_engine.errors import AlgoAgentError, Cancelled, VendorError
from backtest_engine.research import batch as batching
from backtest_engine.research.grids import Grid
from backtest_engine.research.objectives import objective_of
from backtest_engine.research.optimize import Search
from backtest_engine.research.significance import permuted
from strategy_api.research import studies
from strategy_api.research.work import parts
from strategy_api.research.work.parts import Ground
from strategy_api.runs.worker import Job


def batch(job: Job) -> None:
    """Evaluate the strategy on each market before its seal, and correct for having tried many."""
    asked = job.parameters
    markets = [(symbol, interval) for symbol in asked["symbols"] for interval in asked.get("intervals") or [None]]
    ground = parts.ground_of(job, job.run, symbol=markets[0][0], interval=markets[0][1])
    rows: list[dict[str, Any]] = []
    for place, (symbol, interval) in enumerate(markets):
        rows.append(_market(job, ground, symbol, interval, position=place))
        job.emit("progress", done=len(rows), total=len(markets), best_so_far=None, seconds_left=None)
    parts.finish(job, ground, batching.summary(rows))


def _market(job: Job, ground: Ground, symbol: str, interval: str | None, *, position: int) -> dict[str, Any]:
    """Return what came of one market; one that cannot be had says why and stops nobody."""
    about = {"symbol": symbol, "interval": interval}
    try:
        dataset = parts.market(job, ground.version, symbol=symbol, interval=interval)
        broker = ground.evaluator.broker
        result = ground.evaluator.result(dataset, parameters={}, broker=broker)
    except (Cancelled, VendorError):
        raise
    except AlgoAgentError as error:
        return batching.failure(about, error)
    _record(job, ground, result, position)
    return batching.row(replace(result, dataset=dataset), permuted(result))


def _record(job: Job, ground: Ground, result: BacktestResult, position: int) -> None:
    search = Search(grid=Grid(axes={}), objective=objective_of("return_pct", None))
    if not ground.study.trials.filter(position=position).exists():
        with job.lease.holding():
            row = parts.candidate_row(ground, result, search, position)
            studies.record(ground.study, ground.version, [row])
