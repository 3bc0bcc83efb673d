"""Whether runs can travel: the broker."""

import os
import tempfile
from pathlib import Path

import redis
from django.conf import settings

from strategy_api.common.health import HealthCheck, register


def broker_problem() -> str | None:
    """Return what is wrong with the broker."""
    return _redis_problem() if settings.REDIS_URL else _directory_problem()


def _redis_problem() -> str | None:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as server:
            server.ping()
    except redis.RedisError as error:
        return f"Redis does not answer ({type(error).__name__}); runs wait in the database."
    return None


def _directory_problem() -> str | None:
    directory = Path(str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["directory"]))
    try:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".probe-", dir=directory)
        os.close(descriptor)
        Path(name).unlink()
    except OSError as error:
        return f"The broker directory cannot be written ({error.strerror})."
    return None


register(HealthCheck(name="broker", problem=broker_problem, remedy="Check REDIS_URL, or that DATA_DIR can be written."))
