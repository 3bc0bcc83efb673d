"""The work of a run that writes a specification as a version of a strategy, and backtests it."""

from django.db.models import QuerySet

from backtest_engine.compiler import compile_spec
from backtest_engine.errors import RequestError
from backtest_engine.spec import StrategySpec
from strategy_api.runs.worker import Job
from strategy_api.strategies.models import Strategy, StrategyVersion
from strategy_api.strategies.versions import add_version
from strategy_api.strategies.work.backtests import execute_and_repair, version_of
from strategy_api.strategies.work.generate import described

Origin = StrategyVersion.Origin


def revise(job: Job) -> None:
    """Write the version, or find what an earlier attempt wrote; then backtest it."""
    version = version_of(job) if job.run.subject_id else _write(job)
    job.result |= described(version)
    execute_and_repair(job, version, max_attempts=0)


def _write(job: Job) -> StrategyVersion:
    asked = job.parameters
    spec = StrategySpec.model_validate(asked["spec"])
    code = compile_spec(spec, name=asked["name"], explanation=asked["explanation"])
    with job.lease.holding() as run:
        strategy = _strategy(job, Strategy.objects.filter(owner=run.owner))
        version = add_version(
            strategy,
            code=code,
            origin=Origin.OFFLINE if asked["strategy"] is None else Origin.REFINE,
            parent=strategy.current_version,
            spec=spec.as_json(),
            explanation=asked["explanation"],
            assumptions=asked["assumptions"],
            settings=asked["settings"],
        )
        run.subject_type, run.subject_id, run.subject_version = "strategy", strategy.pk, version.number
        run.save(update_fields=["subject_type", "subject_id", "subject_version"])
    return version


def _strategy(job: Job, own: QuerySet[Strategy]) -> Strategy:
    """Return the strategy that is revised, or a new one where none is named."""
    asked = job.parameters
    if asked["strategy"] is None:
        return Strategy.objects.create(
            owner=job.run.owner, name=asked["name"][:200], description=asked["description"], tags=[]
        )
    strategy = own.filter(pk=asked["strategy"]).first()
    if strategy is None:
        raise RequestError("The strategy of this conversation has been deleted.", code="strategy_deleted")
    return strategy
