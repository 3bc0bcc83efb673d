"""The work of a run that searches for parameters."""

from collections.abc import Iterator
from typing import Any

from backtest_engine.research import optimize as searching
from backtest_engine.research.optimize import evaluate
from backtest_engine.research.search import Point, suggested
from backtest_engine.research.trials import Tried, best_of
from strategy_api.research import studies
from strategy_api.research.work import parts
from strategy_api.research.work.parts import Ground
from strategy_api.runs.worker import Job


def optimize(job: Job) -> None:
    """Try every point, or as many as asked for; then say what the best is worth."""
    ground = parts.ground_of(job, job.run)
    if ground.search.method == "tpe":
        trials = list(_asked_as_it_goes(job, ground))
    else:
        parts.work_through(job, ground)
        rows = studies.trials_of(ground.study)
        trials = [studies.tried_of(row, point) for row, point in zip(rows, ground.points, strict=True)]
    tries = parts.tries_of(ground)
    result = searching.summary(ground.search, trials, tries=tries)
    result |= {
        "method": ground.search.method,
        "objective": ground.search.objective.metric,
        "combinations": len(ground.search.grid),
        "tries": tries.count,
    }
    best = best_of(trials)
    if best is not None:
        result["best"]["evidence"] = _evidence(ground, best, result["plateau"])
    parts.finish(job, ground, result, large=("heat_maps",))


def _evidence(ground: Ground, best: Tried, plateau: dict[str, Any]) -> dict[str, Any]:
    evaluator = ground.evaluator
    whole = evaluator.result(ground.dataset, parameters=best.parameters, broker=evaluator.broker)
    return parts.evidence_of(
        ground, whole, near_share=plateau["share"], neighbours=plateau["neighbours"], seed=ground.search.seed
    )


def _asked_as_it_goes(job: Job, ground: Ground) -> Iterator[Tried]:
    """Try what TPE suggests, batch by batch; what an earlier attempt recorded is answered from the record."""
    search = ground.search
    total = min(search.max_trials or 200, len(search.grid))
    known = {_key(row.parameters): row for row in studies.trials_of(ground.study)}
    asked = suggested(search.grid, max_trials=total, seed=search.seed, batch=max(1, total // parts.PARTS))
    count = 0
    try:
        points = next(asked)
        while True:
            batch = _batch(job, ground, points, known, first=count, total=total)
            count += len(batch)
            yield from batch
            points = asked.send([one.score for one in batch])
    except StopIteration:
        return


def _batch(
    job: Job, ground: Ground, points: list[Point], known: dict[str, Any], *, first: int, total: int
) -> list[Tried]:
    grid = ground.search.grid
    recorded = [known.get(_key(grid.parameters(point))) for point in points]
    if all(recorded):
        return [studies.tried_of(row, point) for row, point in zip(recorded, points, strict=True) if row is not None]
    found = evaluate(ground.evaluator, ground.dataset, ground.search, points, cancelled=job.lease.unwanted)
    parts.record(job, ground, parts.rows_of(found, ground.dataset, first=first), total=total)
    return found


def _key(parameters: Any) -> str:
    return repr(sorted(parameters.items()))
