"""A run that backtests a version of a strategy."""

from typing import Any

from django.contrib.auth.models import User

from strategy_api.common.exceptions import Conflict
from strategy_api.runs.kinds import RunKind, Submission
from strategy_api.runs.worker import Job
from strategy_api.strategies.models import Execution, Strategy
from strategy_api.strategies.selectors import strategy_of
from strategy_api.strategies.serializers.requests import ExecuteRequest
from strategy_api.strategies.versions import subject_of
from strategy_api.strategies.work.backtests import execute_and_repair, version_of


def execute(job: Job) -> None:
    """Backtest the version, and repair it where it fails and attempts are allowed."""
    execute_and_repair(job, version_of(job), max_attempts=job.parameters.get("max_fix_attempts", 0))


def prepare(*, owner: User, subject: Strategy, asked: dict[str, Any]) -> Submission:
    """Take the current version, or the one that is asked for; refuse a dataset that the owner never used."""
    about = subject_of(subject, asked.pop("version", None))
    fingerprint = asked.get("dataset_fingerprint")
    if fingerprint and not Execution.objects.filter(owner=owner, dataset_fingerprint=fingerprint).exists():
        raise Conflict("None of your executions used such a dataset.", code="unknown_dataset")
    return Submission(parameters=asked, subject=about)


EXECUTE = RunKind(
    name="execute",
    queue="execution",
    path="strategies/{id}/execute/",
    summary="Backtest a strategy",
    description="Queues a backtest of the current version, or of the version named.",
    request=ExecuteRequest,
    find_subject=strategy_of,
    prepare=prepare,
    perform=execute,
    rate="execute",
    problems=("no_such_version", "unknown_dataset"),
)
