"""What every server that a test starts needs: settings of its own, a free port, and the patience to wait for it."""

import contextlib
import os
import secrets
import socket
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
# What the machine, or the test run itself, has set must not reach a server under test.
NOT_INHERITED = frozenset(["DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"])


def own_environment(data: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a server on a folder of its own, with settings beside."""
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    own = {"SECRET_KEY": "only-for-this-test-" + secrets.token_hex(20), "DATA_DIR": str(data), "PYTHONUNBUFFERED": "1"}
    return inherited | own | settings


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(address: str, seconds: float = 60) -> bool:
    """Wait until a web server answers; say whether it did."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{address}/healthz", timeout=2, trust_env=False).is_success:
                return True
        time.sleep(0.05)
    return False
