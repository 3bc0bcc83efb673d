"""The work of a run that searches on the past and tests on what follows."""

from typing import Any

from backtest_engine.research import walk_forward as walking
from backtest_engine.research.trials import Tried, best_of, tried
from backtest_engine.research.walk_forward import Tested, Window, part_of, windows_of
from strategy_api.research import studies
from strategy_api.research.work import parts
from strategy_api.research.work.parts import Ground
from strategy_api.runs.worker import Job


def walk_forward(job: Job) -> None:
    """Search in each window, test what was chosen on the bars that follow, and stitch the tests together."""
    ground = parts.ground_of(job, job.run)
    windows = with_windows(ground)
    parts.work_through(job, ground)
    rows, count = studies.trials_of(ground.study), len(ground.points)
    trained = rows[: count * len(windows)]
    tested = []
    for place, window in enumerate(windows):
        its = trained[place * count : (place + 1) * count]
        trials = [studies.tried_of(row, point) for row, point in zip(its, ground.points, strict=True)]
        tested.append(_tested(job, ground, window, trials))
    result = walking.summary(
        [walking.row_of(one, ground.dataset) for one in tested],
        cash=ground.evaluator.broker.cash,
        bars_a_year=_bars_a_year(ground),
    )
    result |= {"objective": ground.search.objective.metric, "tries": parts.tries_of(ground).count}
    result["best"] = _latest(ground, tested)
    _record_tests(job, ground, tested)
    parts.finish(job, ground, result, large=("equity",))


def with_windows(ground: Ground) -> list[Window]:
    """Make the training parts of the windows what the study works through; return the windows."""
    asked = ground.study.request
    windows = windows_of(
        len(ground.dataset) - ground.dataset.warm_up,
        train_bars=asked.get("train_bars"),
        test_bars=asked.get("test_bars"),
        anchored=asked.get("anchored", False),
    )
    ground.segments = [(window.number, part_of(ground.dataset, window.train, window.test)) for window in windows]
    return windows


def _tested(job: Job, ground: Ground, window: Window, trials: list[Tried]) -> Tested:
    chosen = best_of(trials)
    if chosen is None:
        return Tested(window=window, trials=trials, chosen=None, outcome=None)
    testing = part_of(ground.dataset, window.test, window.end)
    needed = ground.search.objective.needed
    found = ground.evaluator.sweep(testing, [chosen.parameters], needed=needed, cancelled=job.lease.unwanted)
    return Tested(window=window, trials=trials, chosen=chosen, outcome=next(iter(found)))


def _record_tests(job: Job, ground: Ground, tested: list[Tested]) -> None:
    """Write the tests down beside the trials, with the outcome of the run."""
    rows: list[studies.Row] = []
    for one in tested:
        if one.outcome is not None:
            testing = part_of(ground.dataset, one.window.test, one.window.end)
            found = tried((), one.outcome, ground.search.objective)
            (row,) = parts.rows_of([found], testing, first=ground.total + len(rows), window=one.window.number)
            rows.append(row)
    job.writes.append(lambda: studies.record(ground.study, ground.version, rows))


def _latest(ground: Ground, tested: list[Tested]) -> dict[str, Any] | None:
    """Return what the last window chose, which is what would be traded now, with its evidence on all these bars."""
    chosen = next((one.chosen for one in reversed(tested) if one.chosen is not None), None)
    if chosen is None:
        return None
    evaluator = ground.evaluator
    whole = evaluator.result(ground.dataset, parameters=chosen.parameters, broker=evaluator.broker)
    return {
        "parameters": dict(chosen.parameters),
        "return_pct": whole.metrics["return_pct"],
        "sharpe_ratio": whole.metrics["sharpe_ratio"],
        "trade_count": whole.metrics["trades"],
        "evidence": parts.evidence_of(ground, whole, seed=ground.search.seed),
    }


def _bars_a_year(ground: Ground) -> float:
    dataset = ground.dataset
    years = (dataset.end - dataset.first_traded).total_seconds() / (365.25 * 86_400)
    return float((len(dataset) - dataset.warm_up) / years) if years > 0 else 1.0
