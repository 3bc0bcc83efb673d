"""The kinds of run that are studies: one record each. Their work is imported where it is done, in a worker."""

from typing import Any

from django.contrib.auth.models import User

from backtest_engine.errors import InvalidParameter
from backtest_engine.research.evaluators import most_trials
from backtest_engine.research.readings import require_sentence
from backtest_engine.research.search import planned
from strategy_api.common.lazy import lazily
from strategy_api.research import studies
from strategy_api.research.serializers.requests import (
    BatchRequest,
    OptimizeRequest,
    SignificanceRequest,
    SpreadRequest,
    WalkForwardRequest,
)
from strategy_api.runs.kinds import RunKind, Submission, register
from strategy_api.strategies.kinds import prepare_execution
from strategy_api.strategies.models import Strategy, StrategyVersion
from strategy_api.strategies.selectors import strategy_of
from strategy_api.strategies.versions import subject_of

WORK = "strategy_api.research.work"
QUEUE = "research"
PROBLEMS = ("no_such_version", "unknown_dataset")
SEARCH_PROBLEMS = (*PROBLEMS, "invalid_parameter", "grid_too_large", "package_not_installed")


def prepare_search(*, owner: User, subject: Strategy, asked: dict[str, Any]) -> Submission:
    """Take the version that is asked for; refuse parameters that it does not have, and more of them than fit."""
    submission = prepare_execution(owner=owner, subject=subject, asked=asked)
    number = submission.subject.version if submission.subject is not None else None
    version = StrategyVersion.objects.get(strategy=subject, number=number or 1)
    search = studies.search_of(version, asked)
    if "anchored" in asked and search.method == "tpe":
        raise InvalidParameter(
            "Windows are searched by grid, random or latin: each must try the same.", details={"parameter": "method"}
        )
    limit = most_trials(version.spec)
    planned(search.grid, method=search.method, max_trials=search.max_trials, seed=search.seed, most=limit)
    return submission


def prepare_spread(*, owner: User, subject: Strategy, asked: dict[str, Any]) -> Submission:
    """Take the version that is asked for; refuse one without a sentence that could be read otherwise."""
    submission = prepare_execution(owner=owner, subject=subject, asked=asked)
    number = submission.subject.version if submission.subject is not None else None
    version = StrategyVersion.objects.get(strategy=subject, number=number or 1)
    require_sentence(version.spec, subject.description)
    return submission


def prepare_batch(*, owner: User, subject: None, asked: dict[str, Any]) -> Submission:
    """Take the current version of a strategy of the owner's, or the one with the number."""
    return Submission(
        parameters=asked, subject=subject_of(strategy_of(owner, asked["strategy"]), asked.pop("version", None))
    )


OPTIMIZE = RunKind(
    name="optimize",
    queue=QUEUE,
    path="strategies/{id}/optimize/",
    summary="Search for parameters",
    description="Queues a search on the bars before the seal: the best with its evidence, the table of all, a heat "
    "map, and whether the best stands on a hill or is a needle.",
    request=OptimizeRequest,
    find_subject=strategy_of,
    prepare=prepare_search,
    perform=lazily(f"{WORK}.optimize.optimize"),
    rate="execute",
    weight=5,
    problems=SEARCH_PROBLEMS,
    submitted=studies.make_study,
)

WALK_FORWARD = RunKind(
    name="walk_forward",
    queue=QUEUE,
    path="strategies/{id}/walk_forward/",
    summary="Search on the past, test on what follows",
    description="Queues a search in each of many windows, each tested on the bars that follow it: the stitched "
    "curve of the tests, its t statistic, and how the chosen parameters drift.",
    request=WalkForwardRequest,
    find_subject=strategy_of,
    prepare=prepare_search,
    perform=lazily(f"{WORK}.walk_forward.walk_forward"),
    rate="execute",
    weight=5,
    problems=SEARCH_PROBLEMS,
    submitted=studies.make_study,
)

SIGNIFICANCE = RunKind(
    name="significance",
    queue=QUEUE,
    path="strategies/{id}/significance/",
    summary="Ask how much of a result is luck",
    description="Queues random entries, intervals by the bootstrap, other costs, changed parameters and each year.",
    request=SignificanceRequest,
    find_subject=strategy_of,
    prepare=prepare_execution,
    perform=lazily(f"{WORK}.significance.significance"),
    rate="execute",
    weight=2,
    problems=PROBLEMS,
    submitted=studies.make_study,
)

SPREAD = RunKind(
    name="spread",
    queue=QUEUE,
    path="strategies/{id}/spread/",
    summary="Read the description every reasonable way",
    description="Queues every reading of what the words leave open, each with its sentence and figures, and the range "
    "over all. The strategy must have a description that was read by rules.",
    request=SpreadRequest,
    find_subject=strategy_of,
    prepare=prepare_spread,
    perform=lazily(f"{WORK}.spread.spread"),
    rate="execute",
    weight=2,
    problems=(*PROBLEMS, "no_description"),
    submitted=studies.make_study,
)

BATCH = RunKind(
    name="batch",
    queue=QUEUE,
    path="studies/batch/",
    summary="Try a strategy on many markets",
    description="Queues one backtest for each symbol and interval, with a correction for having tried many.",
    request=BatchRequest,
    prepare=prepare_batch,
    perform=lazily(f"{WORK}.batch.batch"),
    rate="execute",
    weight=5,
    problems=("no_such_version",),
    submitted=studies.make_study,
)

# A part of a study that is spread over the fleet; only a child.
STUDY_PART = RunKind(name="study_part", queue=QUEUE, perform=lazily(f"{WORK}.parts.study_part"))

STUDIES = (OPTIMIZE, WALK_FORWARD, SPREAD, SIGNIFICANCE, BATCH)

for kind in (*STUDIES, STUDY_PART):
    register(kind)
