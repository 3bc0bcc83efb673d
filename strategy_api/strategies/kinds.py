"""The kinds of run about strategies: one record each. Their work is imported where it is done, in a worker."""

from typing import Any

from django.contrib.auth.models import User

from strategy_api.common.exceptions import Conflict
from strategy_api.common.lazy import lazily
from strategy_api.runs.kinds import RunKind, Submission, register
from strategy_api.strategies.models import Execution, Strategy
from strategy_api.strategies.selectors import strategy_of
from strategy_api.strategies.serializers.requests import ExecuteRequest, FixRequest, GenerateRequest
from strategy_api.strategies.versions import subject_of

WORK = "strategy_api.strategies.work"


def prepare_execution(*, owner: User, subject: Strategy, asked: dict[str, Any]) -> Submission:
    """Take the current version, or the one that is asked for; refuse a dataset that the owner never used."""
    about = subject_of(subject, asked.pop("version", None))
    fingerprint = asked.get("dataset_fingerprint")
    if fingerprint and not Execution.objects.filter(owner=owner, dataset_fingerprint=fingerprint).exists():
        raise Conflict("None of your executions used such a dataset.", code="unknown_dataset")
    return Submission(parameters=asked, subject=about)


def prepare_fix(*, owner: User, subject: Strategy, asked: dict[str, Any]) -> Submission:
    """Take the current version, on the data of its latest backtest unless other data are asked for."""
    latest = subject.executions.order_by("-created_at").first()
    if latest is not None and not asked.get("test_symbol"):
        asked |= _same_data(latest)
    return Submission(parameters=asked, subject=subject_of(subject, None))


def _same_data(execution: Execution) -> dict[str, Any]:
    return {
        "test_symbol": execution.symbol,
        "interval": execution.interval,
        "start_date": execution.first_bar_at.date().isoformat(),
        "end_date": execution.last_bar_at.date().isoformat(),
    }


GENERATE = RunKind(
    name="generate",
    queue="generation",
    path="strategies/generate_with_ai/",
    summary="Write a strategy from a description",
    description="Queues the generation, and with `execute_after_generation` its first backtest.",
    request=GenerateRequest,
    perform=lazily(f"{WORK}.generate.generate"),
    rate="generate",
)

EXECUTE = RunKind(
    name="execute",
    queue="execution",
    path="strategies/{id}/execute/",
    summary="Backtest a strategy",
    description="Queues a backtest of the current version, or of the version named.",
    request=ExecuteRequest,
    find_subject=strategy_of,
    prepare=prepare_execution,
    perform=lazily(f"{WORK}.execute.execute"),
    rate="execute",
    problems=("no_such_version", "unknown_dataset"),
)

FIX = RunKind(
    name="fix",
    queue="generation",
    path="strategies/{id}/fix_errors/",
    summary="Repair a strategy",
    description="Queues diagnosis and repair of the current version; every attempt becomes a version of its own.",
    request=FixRequest,
    find_subject=strategy_of,
    prepare=prepare_fix,
    perform=lazily(f"{WORK}.fix.fix"),
    rate="execute",
    problems=("no_such_version",),
)

# A child of a conversation's turn: it writes a specification as a version and tests it.
REVISE = RunKind(
    name="revise",
    queue="execution",
    perform=lazily(f"{WORK}.revise.revise"),
    summary="Write a version of a specification, and backtest it",
)

for kind in (GENERATE, EXECUTE, FIX, REVISE):
    register(kind)
