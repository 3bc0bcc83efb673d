"""What holds for every test: nothing reaches beyond this machine, and CI is not green by skipping."""

import atexit
import os
import shutil
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from pytest_socket import socket_allow_hosts

from backtest_engine.simulation.kernel import cache
from tests.skip_guard import guard_skips

# The same examples everywhere and at any speed, so that a failure in CI is a failure here. HYPOTHESIS_PROFILE=explore
# draws others.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


def pytest_configure(config: pytest.Config) -> None:
    """Leave nothing behind; be strict in CI."""
    guard_skips(config)
    # Compiling the kernel takes longer than a test may.
    cache.use(Path.home() / ".cache" / "algoagent" / "kernel")
    if str(settings.DATA_DIR).rpartition("/")[2].startswith("algoagent-tests-"):
        atexit.register(shutil.rmtree, settings.DATA_DIR, ignore_errors=True)


@pytest.fixture(autouse=True)
def network_guard() -> None:
    """Refuse every connection but to this machine itself."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
