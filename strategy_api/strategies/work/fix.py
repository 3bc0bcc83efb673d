"""A run that diagnoses and repairs a strategy."""

from typing import Any

from django.contrib.auth.models import User

from backtest_engine.errors import StrategyError
from strategy_api.runs.kinds import RunKind, Submission
from strategy_api.runs.worker import Job
from strategy_api.strategies.models import Execution, Strategy
from strategy_api.strategies.selectors import strategy_of
from strategy_api.strategies.serializers.requests import FixRequest
from strategy_api.strategies.versions import subject_of
from strategy_api.strategies.work.backtests import (
    backtest,
    load,
    record_failure,
    record_success,
    repair,
    version_of,
)


def fix(job: Job) -> None:
    """Repair a strategy, also one that runs: what looks ahead or is not what was asked for raises nothing."""
    version = version_of(job)
    data = load(job)
    failure: StrategyError | None = None
    try:
        record_success(job, version, backtest(job, version.code, data))
    except StrategyError as error:
        failure = error
        record_failure(job, version, error, data)
    repair(job, version, failure, data, max_attempts=job.parameters["max_attempts"])


def prepare(*, owner: User, subject: Strategy, asked: dict[str, Any]) -> Submission:
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


FIX = RunKind(
    name="fix",
    queue="generation",
    path="strategies/{id}/fix_errors/",
    summary="Repair a strategy",
    description="Queues diagnosis and repair of the current version; every attempt becomes a version of its own.",
    request=FixRequest,
    find_subject=strategy_of,
    prepare=prepare,
    perform=fix,
    rate="execute",
    problems=("no_such_version",),
)
