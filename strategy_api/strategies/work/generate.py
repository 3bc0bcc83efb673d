"""The work of a run that writes a strategy from a description, and tests it if wanted."""

from typing import Any

from strategy_api.runs.worker import Job
from strategy_api.strategies.engine import engine_with_models
from strategy_api.strategies.models import Strategy, StrategyVersion
from strategy_api.strategies.versions import add_version
from strategy_api.strategies.work.backtests import execute_and_repair, version_of
from strategy_api.strategies.work.word_settings import refuse_contradictions


def generate(job: Job) -> None:
    """Write the strategy, or find what an earlier attempt wrote; then backtest it if wanted."""
    version = version_of(job) if job.run.subject_id else _write_strategy(job)
    job.result |= described(version)
    if job.parameters.get("execute_after_generation"):
        execute_and_repair(job, version, max_attempts=job.parameters.get("max_fix_attempts", 0))


def _write_strategy(job: Job) -> StrategyVersion:
    """Generate, and keep the strategy at once: what a model was paid for is not lost with a worker."""
    asked = job.parameters
    job.emit("generation.started", generator=asked["generator"])
    draft = engine_with_models(job).generate(
        asked["description"],
        generator=asked["generator"],
        name=asked.get("name"),
        cancelled=job.lease.unwanted,
    )
    refuse_contradictions(asked, draft.settings)
    if draft.warnings:
        job.result["warnings"] = [notice.as_dict() for notice in draft.warnings]
    with job.lease.holding() as run:
        strategy = Strategy.objects.create(
            owner=run.owner, name=draft.name[:200], description=asked["description"], tags=[]
        )
        version = add_version(
            strategy,
            code=draft.code,
            origin=draft.origin,
            spec=draft.spec,
            explanation=draft.explanation,
            assumptions=draft.assumptions,
            prompt_version=draft.prompt_version,
            settings=draft.settings,
        )
        run.subject_type, run.subject_id, run.subject_version = "strategy", strategy.pk, version.number
        run.save(update_fields=["subject_type", "subject_id", "subject_version"])
        job.emit("generation.finished", strategy=str(strategy.pk), name=strategy.name)
    return version


def described(version: StrategyVersion) -> dict[str, Any]:
    """Return what a run's result says of the version that it wrote."""
    return {
        "strategy": str(version.strategy_id),
        "name": version.strategy.name,
        "version": version.number,
        "code": version.code,
        "spec": version.spec,
        "explanation": version.explanation,
        "assumptions": list(version.assumptions),
        "settings": version.settings,
    }
