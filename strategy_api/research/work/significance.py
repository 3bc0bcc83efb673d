"""The work of a run that asks how much of a result is luck."""

from collections.abc import Callable
from typing import Any, TypeVar

from backtest_engine.research import significance as asking
from backtest_engine.research.grids import Grid
from backtest_engine.research.objectives import objective_of
from backtest_engine.research.optimize import Search
from strategy_api.research.work import parts
from strategy_api.runs.worker import Job

T = TypeVar("T")


def significance(job: Job) -> None:
    """Run the strategy, then ask what random entries, other costs and changed parameters would have given."""
    ground = parts.ground_of(job, job.run)
    evaluator, dataset = ground.evaluator, ground.dataset
    asked = {"samples": ground.study.request["samples"], "seed": ground.study.request["seed"]}
    step = _Steps(job, total=6)
    result = step(lambda: evaluator.result(dataset, parameters={}, broker=evaluator.broker))
    permuted = step(lambda: asking.permuted(result, **asked))
    intervals = step(lambda: asking.intervals(result, **asked))
    costs = step(lambda: asking.at_costs(evaluator, dataset, result.parameters))
    changed = step(lambda: asking.changed(evaluator, dataset, result.parameters, cancelled=job.lease.unwanted))
    value = result.metrics.get("return_pct")
    share = asking.near_share(value if isinstance(value, float) else None, changed, "return_pct")
    search = Search(grid=Grid(axes={}), objective=objective_of("return_pct", None))
    if not ground.study.trials.exists():
        parts.record(job, ground, [parts.candidate_row(ground, result, search, 0)], total=1)
    evidence = step(lambda: parts.evidence_of(ground, result, near_share=share, neighbours=len(changed)))
    p = None if permuted is None else permuted.p
    parts.finish(
        job,
        ground,
        {
            "permutation": None if permuted is None else {"p": p, "samples": permuted.samples},
            "bootstrap": intervals,
            "costs": costs,
            "parameters": {"changes": changed, "share": share, "shape": asking.fragile(share)},
            "years": asking.by_year(result),
            "best": {
                "parameters": dict(result.parameters),
                "return_pct": value,
                "sharpe_ratio": result.metrics["sharpe_ratio"],
                "trade_count": result.metrics["trades"],
                "evidence": evidence,
            },
            "sentence": evidence["sentence"],
        },
    )


class _Steps:
    """Counts the steps of a study and says how far it is."""

    def __init__(self, job: Job, *, total: int) -> None:
        self._job, self._total, self._done = job, total, 0

    def __call__(self, work: Callable[[], T]) -> T:
        found = work()
        self._done += 1
        progress: dict[str, Any] = {"done": self._done, "total": self._total, "best_so_far": None}
        self._job.emit("progress", **progress, seconds_left=None)
        return found
