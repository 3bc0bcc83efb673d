"""The work of a run that backtests a version of a strategy."""

from strategy_api.runs.worker import Job
from strategy_api.strategies.work.backtests import execute_and_repair, version_of


def execute(job: Job) -> None:
    """Backtest the version, and repair it where it fails and attempts are allowed."""
    execute_and_repair(job, version_of(job), max_attempts=job.parameters.get("max_fix_attempts", 0))
