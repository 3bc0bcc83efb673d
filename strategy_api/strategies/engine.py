"""Settings → Engine: the only place that knows which parts are put together."""

import logging
import os
from dataclasses import replace
from functools import cache
from pathlib import Path

from django.conf import settings

from backtest_engine.domain import Limits
from backtest_engine.engine import Engine
from backtest_engine.errors import AlgoAgentError
from backtest_engine.executor import SandboxedExecutor
from backtest_engine.generate.offline import OfflineGenerator
from backtest_engine.paths import FastPath
from backtest_engine.sandbox.selftest import sandbox_check
from strategy_api.llm import language_models
from strategy_api.market.catalog import catalog
from strategy_api.runs.worker import Job

logger = logging.getLogger(__name__)


def engine(owner: int | None = None) -> Engine:
    """Return this process's engine, with the data that a user imported where one is named.

    A forked child builds its own, since a sandbox belongs to one process.
    """
    whole = _engine(os.getpid())
    return whole if owner is None else replace(whole, data=catalog(owner))


def engine_for(job: Job) -> Engine:
    """Return the engine with the data of a run's owner."""
    return engine(job.run.owner_id)


def engine_with_models(job: Job) -> Engine:
    """Return the engine with the language models that a run may ask, and pays for."""
    whole = engine_for(job)
    generators = language_models.generators(job.run, job.lease.unwanted)
    return replace(whole, generators={**whole.generators, **generators}, model=language_models.model(job.run))


@cache
def _engine(pid: int) -> Engine:
    environment = settings.ENVIRONMENT
    limits = Limits(
        wall_seconds=environment.sandbox_wall_seconds,
        memory_bytes=environment.sandbox_memory_mb << 20,
    )
    return Engine(
        generators={"offline": OfflineGenerator()},
        data=catalog(),
        executor=SandboxedExecutor(limits=limits, allow_missing_walls=environment.sandbox_without_walls),
        fast_path=_fast_path(limits),
    )


def _fast_path(limits: Limits) -> FastPath:
    environment = settings.ENVIRONMENT
    folder = environment.kernel_cache_dir or Path.home() / ".cache" / "algoagent" / "kernel"
    return FastPath(sample=environment.fast_path_sample, cache_folder=folder, limits=limits)


def sandbox_problems() -> list[str]:
    """Return what keeps this machine from executing strategies, layer by layer; empty when all are there."""
    return _sandbox_problems(os.getpid())


@cache
def _sandbox_problems(pid: int) -> list[str]:
    report = sandbox_check(allow_missing_walls=settings.ENVIRONMENT.sandbox_without_walls)
    return list(report.problems)


def warm_up_kernel() -> None:
    """Compile or load the kernel in the process that others are forked from; without numba, say so."""
    _fast_path(Limits()).warm_up()


def warm_up() -> None:
    """Start what the first run would otherwise wait for; a failure shows when a run needs it."""
    try:
        engine()
    except AlgoAgentError:
        logger.exception("This worker cannot execute strategies")
