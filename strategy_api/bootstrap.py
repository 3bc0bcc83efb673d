"""Settings → Engine: the only place that knows which parts are put together."""

import os
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings

from backtest_engine.data import Catalog, Folder
from backtest_engine.domain import Limits
from backtest_engine.engine import Engine
from backtest_engine.executor import SandboxedExecutor
from backtest_engine.generate.offline import OfflineGenerator
from backtest_engine.ports import CancelSignal
from backtest_engine.sandbox.selftest import sandbox_check
from strategy_api import data_sources, language_models
from strategy_api.models import Run


def engine(owner: int | None = None) -> Engine:
    """Return this process's engine, with the data that a user imported where one is named.

    A forked child builds its own, since a sandbox belongs to one process.
    """
    whole = _engine(os.getpid())
    return whole if owner is None else replace(whole, data=catalog(owner))


def catalog(owner: int | None = None) -> Catalog:
    """Return the market data that this installation serves, what a user imported before all else."""
    return _catalog(os.getpid(), owner)


def imports(owner: int) -> Path:
    """Return the folder of the data that a user imported."""
    return Path(settings.IMPORTS_DIR) / str(owner)


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
    )


@lru_cache(maxsize=64)
def _catalog(pid: int, owner: int | None) -> Catalog:
    own = [Folder(imports(owner), name="import")] if owner is not None else []
    return Catalog([*own, *data_sources.sources()], store=data_sources.store())


def with_models(engine: Engine, run: Run, cancelled: CancelSignal) -> Engine:
    """Return the engine with the language models that a run may ask, and pays for."""
    generators = language_models.generators(run, cancelled)
    return replace(engine, generators={**engine.generators, **generators}, model=language_models.model(run))


def sandbox_problems() -> list[str]:
    """Return what keeps this machine from executing strategies, wall by wall; empty when all stand."""
    return _sandbox_problems(os.getpid())


@cache
def _sandbox_problems(pid: int) -> list[str]:
    report = sandbox_check(allow_missing_walls=settings.ENVIRONMENT.sandbox_without_walls)
    return list(report.problems)
