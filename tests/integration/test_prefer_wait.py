"""`Prefer: wait=N`, as a server answers it: at the edge, outside Django's threads and connections."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.db import connection

from algoagent.asgi import application
from strategy_api.accounts.models import Token
from strategy_api.runs import prefer_wait
from strategy_api.runs.models import Run
from tests.integration.conftest import Work, client_of
from tests.integration.test_executions import CROSS
from tests.integration.test_strategies import create

Ask = Callable[[httpx.AsyncClient], Awaitable[Any]]


@pytest.fixture
def strategy(owner: User) -> str:
    """The path of a strategy."""
    return httpx.URL(create(client_of(owner), code=CROSS)).path


@pytest.fixture
def served(owner: User) -> Callable[[Ask], Any]:
    """Ask the ASGI application, as the owner."""
    token = Token.objects.create(user=owner, scope="run")[1]

    def ask(do: Ask) -> Any:
        async def session() -> Any:
            transport = httpx.ASGITransport(app=application)
            headers = {"Authorization": f"Token {token}"}
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
                return await do(client)

        return asyncio.run(session())

    return ask


@pytest.fixture
def soon(work: Work) -> Callable[[], threading.Thread]:
    """A worker in a thread of its own that does the first run that comes."""

    def start() -> threading.Thread:
        def do() -> None:
            while not Run.objects.exists():
                threading.Event().wait(0.02)
            work()
            connection.close()

        thread = threading.Thread(target=do)
        thread.start()
        return thread

    return start


class TestPreferWait:
    def test_answers_with_the_finished_run(self, served: Any, soon: Any, strategy: str) -> None:
        worker = soon()

        answer = served(lambda client: client.post(f"{strategy}execute/", json={}, headers={"Prefer": "wait=20"}))
        worker.join()

        assert answer.status_code == 200
        assert answer.headers["Preference-Applied"] == "wait=20"
        assert answer.headers["Location"].endswith(f"/api/runs/{answer.json()['id']}/")
        assert answer.json()["state"] == "succeeded"

    def test_gives_up_when_the_time_is_over(self, served: Any, strategy: str) -> None:
        answer = served(lambda client: client.post(f"{strategy}execute/", json={}, headers={"Prefer": "wait=1"}))

        assert answer.status_code == 202
        assert answer.headers["Preference-Applied"] == "wait=1"
        assert answer.json()["state"] == "queued"

    def test_changes_nothing_for_errors_and_other_methods(self, served: Any, strategy: str) -> None:
        async def ask(client: httpx.AsyncClient) -> list[int]:
            wish = {"Prefer": "wait=20"}
            return [
                (await client.post(f"{strategy}execute/", json={"cash": "much"}, headers=wish)).status_code,
                (await client.get(strategy, headers=wish)).status_code,
            ]

        assert served(ask) == [400, 200]

    def test_does_not_wait_for_more_than_a_few_at_once(
        self, served: Any, strategy: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(prefer_wait, "WAITS_PER_USER", 2)

        async def ask(client: httpx.AsyncClient) -> list[bool]:
            wish = {"Prefer": "wait=2"}
            answers = await asyncio.gather(
                *(client.post(f"{strategy}execute/", json={}, headers=wish) for _ in range(5))
            )
            assert {answer.status_code for answer in answers} == {202}
            return ["Preference-Applied" in answer.headers for answer in answers]

        assert sorted(served(ask)) == [False, False, False, True, True]

    def test_leaves_others_their_turn(self, served: Any, strategy: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Thirty that wait hold no thread and no connection: another request is answered meanwhile."""
        monkeypatch.setattr(prefer_wait, "WAITS_PER_USER", 100)

        async def ask(client: httpx.AsyncClient) -> int:
            wish = {"Prefer": "wait=30"}
            waiting = [
                asyncio.ensure_future(client.post(f"{strategy}execute/", json={}, headers=wish)) for _ in range(30)
            ]
            while await asyncio.to_thread(_queued) < 30:
                await asyncio.sleep(0.05)
            status = (await client.get("/api/me/")).status_code
            for task in waiting:
                task.cancel()
            return status

        assert served(ask) == 200


def _queued() -> int:
    try:
        return Run.objects.count()
    finally:
        connection.close()
