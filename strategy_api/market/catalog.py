"""The market data that this installation serves, and what a user imported before all else."""

import os
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from backtest_engine.data import Catalog, Folder
from strategy_api.market import sources

IMPORT_SOURCE = "import"


def catalog(owner: int | None = None) -> Catalog:
    """Return the sources in their order; each process has its own."""
    return _catalog(os.getpid(), owner)


def imports_folder(owner: int) -> Path:
    """Return the folder of the data that a user imported."""
    return Path(settings.IMPORTS_DIR) / str(owner)


@lru_cache(maxsize=64)
def _catalog(pid: int, owner: int | None) -> Catalog:
    own = [Folder(imports_folder(owner), name=IMPORT_SOURCE)] if owner is not None else []
    return Catalog([*own, *sources.sources()], store=sources.store())
