"""The work of a run that asks how much of a result is luck."""

from collections.abc import Callable
from typing import Any

from backtest_engine.checks.parameters import declared_parameters
from backtest_engine.research import significance as asking
from backtest_engine.research.grids import Grid
from backtest_engine.research.objectives import objective_of
from backtest_engine.research.optimize import Search
from strategy_api.research import studies
from strategy_api.research.work import parts
from strategy_api.runs.worker import Job


def significance(job: Job) -> None:
    """Run the strategy, then ask what random entries, other costs and changed parameters would have given."""
    ground = parts.ground_of(job, job.run)
    request = ground.study.request
    total = asking.steps_of(declared_parameters(ground.version.code)) + 1
    step = _Steps(job, total=total)
    result, found = asking.asked(
        ground.evaluator,
        ground.dataset,
        parameters={},
        samples=request["samples"],
        seed=request["seed"],
        step=step,
        cancelled=job.lease.unwanted,
    )
    search = Search(grid=Grid(axes={}), objective=objective_of("return_pct", None))
    if not ground.study.trials.exists():
        with job.lease.holding():
            row = parts.candidate_row(ground, result, search, 0)
            studies.record(ground.study, ground.version, [row])
    near = found["parameters"]
    evidence = step(
        lambda: parts.evidence_of(ground, result, near_share=near["share"], neighbours=len(near["changes"]))
    )
    best = {
        "parameters": dict(result.parameters),
        "return_pct": result.metrics["return_pct"],
        "sharpe_ratio": result.metrics["sharpe_ratio"],
        "trade_count": result.metrics["trades"],
        "evidence": evidence,
    }
    parts.finish(job, ground, {**found, "best": best, "sentence": evidence["sentence"]})


class _Steps:
    """Counts the steps of a study and says how far it is."""

    def __init__(self, job: Job, *, total: int) -> None:
        self._job, self._total, self._done = job, total, 0

    def __call__(self, work: Callable[[], Any]) -> Any:
        found = work()
        self._done += 1
        self._job.emit("progress", done=self._done, total=self._total, best_so_far=None, seconds_left=None)
        return found
