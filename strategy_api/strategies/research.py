"""What an app above this one does with every evaluation: it counts the try, keeps the seal, and gives the evidence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from backtest_engine.domain import BacktestResult
from backtest_engine.ports import DataCatalog, Executor
from strategy_api.runs.models import Run
from strategy_api.strategies.models import StrategyVersion

# Called in the transaction that stores the execution; counts the try and returns the evidence.
Finish = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sealed:
    """Market data that end before the seal, and where that is."""

    data: DataCatalog
    sealed_from: datetime


class Research(Protocol):
    """Keeps the ledger of tries and the seal."""

    def sealed(self, version: StrategyVersion, data: DataCatalog, *, symbol: str, interval: str | None) -> Sealed:
        """Return the data cut before the seal of the strategy's goal, which is set here where it is not yet."""

    def evaluated(self, run: Run, version: StrategyVersion, result: BacktestResult, *, executor: Executor) -> Finish:
        """Do what takes time; return what counts the try and gives the evidence."""


_registered: list[Research] = []


def register(research: Research) -> None:
    """Say who keeps the ledger."""
    _registered[:] = [research]


def research() -> Research:
    """Return who keeps the ledger."""
    return _registered[0]
