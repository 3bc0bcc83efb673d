"""People, their clients, and a worker that works when it is told to."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from rest_framework.test import APIClient

from strategy_api.accounts.models import Token
from strategy_api.runs import worker
from strategy_api.runs.models import Run
from strategy_api.strategies import engine as engines

Work = Callable[[], None]

RSI = "RSI strategy: buy when RSI < 30, sell when RSI > 70"


def client_of(user: User, scope: str = "admin") -> APIClient:
    """Return a client with a token of the user."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=user, scope=scope)[1]}")
    return client


@pytest.fixture
def many_requests(settings: Any) -> None:
    """Limits on requests that no test reaches."""
    cache.clear()
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, 1_000_000)
    settings.QUEUED_RUNS_LIMIT = 1_000_000


@pytest.fixture
def owner(transactional_db: None) -> User:
    """Somebody with strategies."""
    return User.objects.create_user("owner")


@pytest.fixture
def api(owner: User) -> APIClient:
    """The owner's client."""
    return client_of(owner)


@pytest.fixture
def stranger(transactional_db: None) -> APIClient:
    """The client of somebody else."""
    return client_of(User.objects.create_user("stranger"))


@pytest.fixture
def staff(transactional_db: None) -> APIClient:
    """The client of a reviewer."""
    return client_of(User.objects.create_user("reviewer", is_staff=True))


@pytest.fixture(scope="session")
def engine() -> Iterator[None]:
    """The real engine, closed at the end."""
    yield
    engines.engine().executor.close()


@pytest.fixture
def work(engine: None) -> Work:
    """Do what is queued, as a worker would, with the real engine and its sandbox."""

    def do() -> None:
        for run in Run.objects.filter(state=Run.State.QUEUED).order_by("created_at"):
            worker.perform(run.pk)

    return do
