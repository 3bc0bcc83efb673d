"""One real server with a worker for all tests that speak to it from outside."""

from collections.abc import Iterator

import pytest

from tests.served import Served, served


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    """Web server, worker and clock, as `manage.py up` runs them."""
    with served(worker=True) as running:
        yield running


@pytest.fixture(scope="session")
def token(server: Served) -> str:
    """A token of somebody who works with it."""
    return server.token("somebody", "--scope", "admin")
