"""Whether this installation can do its work, part by part, with reasons. Each app adds the parts that it knows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """One part of an installation: `problem` returns what is wrong with it, or None; `remedy` says what to do."""

    name: str
    problem: Callable[[], str | None]
    remedy: str


CHECKS: dict[str, HealthCheck] = {}


def register(check: HealthCheck) -> None:
    """Add a part; `readyz` and `doctor` show it from then on."""
    CHECKS[check.name] = check


def checks() -> dict[str, dict[str, Any]]:
    """Return each part's state: `ok`, and a `reason` where it is not."""
    return {name: _state(check.problem()) for name, check in CHECKS.items()}


def _state(reason: str | None) -> dict[str, Any]:
    return {"ok": True} if reason is None else {"ok": False, "reason": reason}


def database_problem() -> str | None:
    """Return what is wrong with the database: not reached, or migrations missing."""
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return f"The database cannot be reached ({type(error).__name__})."
    if pending:
        return f"{len(pending)} migrations are not applied: run manage.py migrate."
    return None


register(
    HealthCheck(name="database", problem=database_problem, remedy="Check DATABASE_URL, then run: manage.py migrate")
)
