"""Whether this installation can do its work, part by part, with reasons."""

import os
import tempfile
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from strategy_api import bootstrap


def checks() -> dict[str, dict[str, Any]]:
    """Return each part's state: `ok`, and a `reason` where it is not."""
    return {"database": _database(), "broker": _broker(), "sandbox": _sandbox()}


def _database() -> dict[str, Any]:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return {"ok": False, "reason": f"The database cannot be reached ({type(error).__name__})."}
    if pending:
        return {"ok": False, "reason": f"{len(pending)} migrations are not applied: run manage.py migrate."}
    return {"ok": True}


def _broker() -> dict[str, Any]:
    if settings.REDIS_URL:
        try:
            with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as server:
                server.ping()
        except redis.RedisError as error:
            return {
                "ok": False,
                "reason": f"Redis does not answer ({type(error).__name__}); runs wait in the database.",
            }
        return {"ok": True}
    directory = Path(str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["directory"]))
    try:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".probe-", dir=directory)
        os.close(descriptor)
        Path(name).unlink()
    except OSError as error:
        return {"ok": False, "reason": f"The broker directory cannot be written ({error.strerror})."}
    return {"ok": True}


def _sandbox() -> dict[str, Any]:
    problems = bootstrap.sandbox_problems()
    return {"ok": not problems, **({"reason": "; ".join(problems)} if problems else {})}
