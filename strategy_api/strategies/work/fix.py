"""The work of a run that diagnoses and repairs a strategy."""

from backtest_engine.errors import StrategyError
from strategy_api.runs.worker import Job
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
    data = load(job, version)
    most = job.parameters["max_attempts"]
    try:
        result = backtest(job, version, data)
    except StrategyError as error:
        record_failure(job, version, error, data)
        repair(job, version, data, max_attempts=most, error=error)
    else:
        record_success(job, version, result)
        repair(job, version, data, max_attempts=most, result=result)
