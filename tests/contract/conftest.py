"""What tests from outside share: a real server with a worker, the client of the guides, an event loop."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from backtest_engine.llm import BackgroundLoop
from tests.served import Served, served

FILE = Path(__file__).resolve().parents[2] / "docs/guides/algoagent_client.py"


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    """Web server, worker and clock, as `manage.py up` runs them."""
    with served(worker=True) as running:
        yield running


@pytest.fixture(scope="session")
def token(server: Served) -> str:
    """A token of somebody who works with it."""
    return server.token("somebody", "--scope", "admin")


@pytest.fixture(scope="module")
def module() -> ModuleType:
    """The file, as a user copies it."""
    spec = importlib.util.spec_from_file_location("algoagent_client", FILE)
    assert spec
    assert spec.loader
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture(scope="module")
def loop() -> Iterator[BackgroundLoop]:
    """One event loop for all, as in a worker."""
    background = BackgroundLoop()
    yield background
    background.close()
