"""What the kinds of study share: their bars, and working through candidates part by part, here or as children.

What is recorded is never done again: an attempt after a crash begins with the first part that is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.utils import timezone

from backtest_engine.domain import BacktestResult, Dataset
from backtest_engine.errors import EngineError
from backtest_engine.research import assessment
from backtest_engine.research.candidates import candidate_of
from backtest_engine.research.evaluators import SandboxEvaluator, SpecEvaluator, evaluator_of
from backtest_engine.research.evidence import Seal
from backtest_engine.research.optimize import Search, evaluate
from backtest_engine.research.sealing import sentence
from backtest_engine.research.search import Point, planned
from backtest_engine.research.statistics.sharpe import Tries
from backtest_engine.research.trials import Tried
from strategy_api.common.storable import storable
from strategy_api.research import goals, ledger, studies
from strategy_api.research.kinds import STUDY_PART
from strategy_api.research.models import Study
from strategy_api.research.studies import Row
from strategy_api.runs import events
from strategy_api.runs.models import Run
from strategy_api.runs.worker import Job
from strategy_api.strategies.engine import engine_for
from strategy_api.strategies.models import StrategyVersion
from strategy_api.strategies.work.backtests import broker_of, load

# A part is at most so much of a study, so that progress is seen and little is lost with a worker.
PARTS = 20
# What takes longer than this is spread over the fleet.
ALONE_SECONDS = 15.0


@dataclass(kw_only=True, eq=False)
class Ground:
    """A study with its version, its bars and what evaluates its candidates."""

    study: Study
    version: StrategyVersion
    dataset: Dataset
    evaluator: SandboxEvaluator | SpecEvaluator
    segments: list[tuple[int | None, Dataset]] = field(default_factory=list)

    @cached_property
    def search(self) -> Search:
        return studies.search_of(self.version, self.study.request)

    @cached_property
    def points(self) -> list[Point]:
        """The points that are tried in each segment; none are planned for a method that asks as it goes."""
        search = self.search
        return planned(
            search.grid,
            method=search.method,
            max_trials=search.max_trials,
            seed=search.seed,
            most=self.evaluator.most_trials,
        )

    @property
    def total(self) -> int:
        return len(self.segments) * len(self.points)

    def rows(self, job: Job, first: int, end: int) -> list[Row]:
        """Evaluate candidates by their positions: segment by segment, each point of the grid in it."""
        count = len(self.points)
        found: list[Row] = []
        while first < end:
            place, begin = divmod(first, count)
            stop = min(end, (place + 1) * count)
            window, dataset = self.segments[place]
            points = self.points[begin : begin + stop - first]
            tried = evaluate(self.evaluator, dataset, self.search, points, cancelled=job.lease.unwanted)
            found += rows_of(tried, dataset, first=first, window=window)
            first = stop
        return found


def ground_of(job: Job, run: Run, **named: str | None) -> Ground:
    """Return the ground of a study: the bars are loaded by its first attempt, and the same ever after.

    `symbol` and `interval` say which where the request does not.
    """
    study = Study.objects.select_related("goal", "strategy").get(pk=run.pk)
    version = StrategyVersion.objects.select_related("strategy").get(strategy=study.strategy, number=study.version)
    if study.begun_at is None:
        dataset = market(job, version, **named) if named else load(job, version).dataset
        _begin(job, study, version, dataset)
    else:
        found = engine_for(job).data.dataset(study.dataset_fingerprint)
        dataset = replace(found, symbol=study.symbol, interval=study.interval, trade_from=study.trade_from)
    evaluator = evaluator_of(
        version.code,
        spec=version.spec,
        broker=broker_of(study.request, version),
        executor=engine_for(job).executor,
    )
    return Ground(study=study, version=version, dataset=dataset, evaluator=evaluator, segments=[(None, dataset)])


def market(job: Job, version: StrategyVersion, *, symbol: str | None, interval: str | None) -> Dataset:
    """Return the bars of another market than the request's, before the seal."""
    asked = {**job.parameters, "test_symbol": symbol, **({"interval": interval} if interval else {})}
    return load(job, version, asked=asked).dataset


def work_through(job: Job, ground: Ground) -> None:
    """Evaluate every candidate that is not recorded: here where that is quick, over the fleet where it is not."""
    total, size = ground.total, max(1, ground.total // PARTS)
    longest = max(len(dataset) for _, dataset in ground.segments)
    seconds = total * ground.evaluator.seconds_each(max((d for _, d in ground.segments), key=len))
    parts = [(first, min(first + size, total)) for first in range(0, total, size)]
    if seconds > ALONE_SECONDS and longest:
        _spread(job, ground, parts)
    else:
        _alone(job, ground, parts)


def study_part(job: Job) -> None:
    """Evaluate a part of the study that the parent is; what is recorded is recorded with the part's outcome."""
    from strategy_api.research.work.walk_forward import with_windows

    parent = job.run.parent
    if parent is None:
        raise EngineError("A part of a study has a parent.")
    ground = ground_of(job, parent)
    if parent.kind == "walk_forward":
        with_windows(ground)
    rows = ground.rows(job, job.parameters["first"], job.parameters["end"])

    def write() -> None:
        studies.record(ground.study, ground.version, rows)
        events.append_event(parent.pk, "progress", **studies.progress(ground.study, total=ground.total))

    job.writes.append(write)


def rows_of(tried: Sequence[Tried], dataset: Dataset, *, first: int, window: int | None = None) -> list[Row]:
    """Return candidates with their positions and bars."""
    bars = ledger.bars_of(dataset)
    return [Row(position=first + place, tried=one, bars=bars, window=window) for place, one in enumerate(tried)]


def record(job: Job, ground: Ground, rows: Sequence[Row], *, total: int) -> None:
    """Write candidates at once, and say how far the study is."""
    with job.lease.holding():
        studies.record(ground.study, ground.version, rows)
        job.emit("progress", **studies.progress(ground.study, total=total))


def tries_of(ground: Ground) -> Tries:
    """Return the goal's tries on the study's bars."""
    return ledger.tries_on(ground.study.goal, ledger.bars_of(ground.dataset))


def evidence_of(
    ground: Ground, result: BacktestResult, *, near_share: float | None = None, neighbours: int = 0, **found: Any
) -> dict[str, Any]:
    """Return all checks of the winner of a study."""
    researched = assessment.researched(result, ground.evaluator, near_share=near_share, neighbours=neighbours, **found)
    openings, looks = goals.seen(ground.study.goal)
    sealed_from = ground.study.sealed_from
    seal = Seal(
        sealed_from=sealed_from,
        reaches=sealed_from is not None and ground.dataset.end >= sealed_from,
        openings=openings,
        looks=looks,
    )
    evidence = assessment.assessed(
        result,
        found=researched,
        tries=tries_of(ground),
        seal=seal,
        asked_interval=ground.version.settings.get("interval"),
        described=bool(ground.version.strategy.description) and ground.version.spec is not None,
    )
    return evidence.as_dict()


def finish(job: Job, ground: Ground, result: dict[str, Any], *, large: Sequence[str] = ()) -> None:
    """Store the result with the outcome of the run, which leaves out what is large."""
    study = ground.study
    dataset = ground.dataset
    about = {
        "study": str(study.pk),
        "goal": str(study.goal_id),
        "symbol": dataset.symbol,
        "interval": dataset.interval,
        "bars": len(dataset) - dataset.warm_up,
        "first_bar_at": _iso(dataset.first_traded),
        "last_bar_at": _iso(dataset.end),
        "dataset_fingerprint": dataset.fingerprint,
        "sealed_from": _iso(study.sealed_from) if study.sealed_from else None,
        "seal": sentence(study.sealed_from)
        if study.sealed_from and dataset.end < study.sealed_from
        else "Dates were named: the sealed bars were not left out.",
        "broker": ground.evaluator.broker.as_dict(),
    }
    whole = storable({**about, **result})
    job.result |= {name: value for name, value in whole.items() if name not in large}
    job.made = study

    def write() -> None:
        Study.objects.filter(pk=study.pk).update(result=whole)

    job.writes.append(write)


def candidate_row(ground: Ground, result: BacktestResult, search: Search, position: int) -> Row:
    """Return a whole result as a candidate of the study."""
    from backtest_engine.research.trials import tried

    candidate = candidate_of(result, parameters=result.parameters)
    return rows_of([tried((), candidate, search.objective)], result.dataset, first=position)[0]


def _begin(job: Job, study: Study, version: StrategyVersion, dataset: Dataset) -> None:
    """Write down which bars the study is about; bars behind the seal are a look."""
    study.sealed_from = goals.seal(study.goal, dataset)
    study.symbol, study.interval = dataset.symbol, dataset.interval
    study.dataset_fingerprint, study.trade_from = dataset.fingerprint, dataset.trade_from
    study.begun_at = timezone.now()
    with job.lease.holding() as run:
        if dataset.end >= study.sealed_from:
            goals.record_look(study.goal, run)
        study.save()


def _alone(job: Job, ground: Ground, parts: Sequence[tuple[int, int]]) -> None:
    done = set(ground.study.trials.values_list("position", flat=True))
    for first, end in parts:
        if first not in done:
            record(job, ground, ground.rows(job, first, end), total=ground.total)


def _spread(job: Job, ground: Ground, parts: Sequence[tuple[int, int]]) -> None:
    for position, (first, end) in enumerate(parts):
        job.submit_child(STUDY_PART, {"first": first, "end": end}, position=position)
    job.wait_for_children()
    failed = job.children.exclude(state=Run.State.SUCCEEDED).first()
    if failed is not None:
        error = failed.error or {}
        raise EngineError(f"A part of the study failed: {error.get('message', failed.state)}", code="study_incomplete")


def _iso(moment: Any) -> str:
    return str(moment.isoformat().replace("+00:00", "Z"))
