"""The work of a run that reads a sentence every reasonable way."""

from backtest_engine.research import readings as reading
from backtest_engine.research.candidates import Candidate
from backtest_engine.research.objectives import objective_of
from backtest_engine.research.trials import tried
from backtest_engine.spec import StrategySpec
from strategy_api.research import ledger, studies
from strategy_api.research.studies import Row
from strategy_api.research.work import parts
from strategy_api.research.work.parts import Ground
from strategy_api.runs.worker import Job
from strategy_api.strategies.engine import engine_for


def spread(job: Job) -> None:
    """Evaluate every reading; each is a try of the goal that does not count for luck."""
    ground = parts.ground_of(job, job.run)
    description = ground.version.strategy.description
    spec = StrategySpec.model_validate(ground.version.spec)
    readings = reading.readings_of(spec, ground.evaluator.broker, description=description)
    executor, found = engine_for(job).executor, list[Candidate]()
    size = max(1, len(readings) // parts.PARTS)
    for first in range(0, len(readings), size):
        some = readings[first : first + size]
        found += reading.evaluated(some, ground.dataset, executor=executor, cancelled=job.lease.unwanted)
        job.emit("progress", done=len(found), total=len(readings), best_so_far=None, seconds_left=None)
    rows = _rows(ground, readings, found)
    if not ground.study.trials.exists():
        job.writes.append(lambda: studies.record(ground.study, ground.version, rows))
    result = reading.summary(readings, found)
    whole = ground.evaluator.result(ground.dataset, parameters={}, broker=ground.evaluator.broker)
    returns = [row["return_pct"] for row in result["readings"] if row["return_pct"] is not None]
    best = {
        "parameters": dict(whole.parameters),
        "return_pct": whole.metrics["return_pct"],
        "sharpe_ratio": whole.metrics["sharpe_ratio"],
        "trade_count": whole.metrics["trades"],
        "evidence": parts.evidence_of(ground, whole, readings=returns),
    }
    parts.finish(job, ground, {**result, "best": best})


def _rows(ground: Ground, readings: list[reading.Reading], found: list[Candidate]) -> list[Row]:
    objective, bars = objective_of("return_pct", None), ledger.bars_of(ground.dataset)
    return [
        Row(
            position=place,
            tried=tried((), candidate, objective),
            bars=bars,
            label=one.sentence,
            spec_hash=ledger.hash_of_spec(one.spec.as_json()),
        )
        for place, (one, candidate) in enumerate(zip(readings, found, strict=True))
    ]
