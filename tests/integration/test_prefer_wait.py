"""`Prefer: wait=N`, as a server answers it: at the edge, outside Django's threads and connections."""

import asyncio
import threading
import time
import uuid
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

    def test_answers_with_what_the_address_asks_for(self, served: Any, soon: Any, owner: User) -> None:
        talk = client_of(owner).post("/api/conversations/", {}).json()["id"]
        worker = soon()

        answer = served(
            lambda client: client.post(
                f"/api/conversations/{talk}/messages/", json={"content": "hello"}, headers={"Prefer": "wait=20"}
            )
        )
        worker.join()

        assert answer.status_code == 200
        assert {row["role"] for row in answer.json()["results"]} == {"assistant"}

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


class TestEdge:
    """The edge alone, in front of applications that behave badly."""

    def ask(self, application: Any, *, gone: bool = False, method: str = "POST", **scope: Any) -> list[Any]:
        said: list[Any] = []

        async def receive() -> Any:
            if gone:
                return {"type": "http.disconnect"}
            return await asyncio.Event().wait()

        async def send(message: Any) -> None:
            said.append(message)

        asked = {"type": "http", "method": method, "path": "/", "headers": [(b"prefer", b"wait=5")], **scope}
        asyncio.run(prefer_wait.PreferWait(application)(asked, receive, send))
        return said

    @staticmethod
    def accepts(scope: Any) -> None:
        scope[prefer_wait.NOTE] = prefer_wait.Wait(run_id=uuid.uuid4(), user_id=1, after_seq=0, address="/api/runs/x/")

    def test_passes_on_what_accepts_nothing_as_it_comes(self) -> None:
        seen: list[int] = []

        async def stream(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for number in range(100):
                await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": number < 99})
                seen.append(number)

        said = self.ask(stream)

        assert len(said) == 101
        assert all("preference" not in str(name) for name, _ in said[0]["headers"])

    def test_lets_a_failure_through(self) -> None:
        async def fail(scope: Any, receive: Any, send: Any) -> None:
            raise RuntimeError

        with pytest.raises(RuntimeError):
            self.ask(fail)

    def test_answers_with_what_was_accepted_when_the_run_cannot_be_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[Any] = []

        async def accept_then_fail(scope: Any, receive: Any, send: Any) -> None:
            asked.append(scope)
            if scope["method"] == "GET":
                raise RuntimeError
            self.accepts(scope)
            await send({"type": "http.response.start", "status": 202, "headers": []})
            await send({"type": "http.response.body", "body": b"accepted"})

        async def at_once(wait: Any) -> None:
            return

        monkeypatch.setattr(prefer_wait, "_end_of", at_once)
        secret = [(b"prefer", b"wait=5"), (b"if-none-match", b"*"), (b"range", b"bytes=0-1"), (b"content-length", b"9")]

        said = self.ask(accept_then_fail, headers=[*secret, (b"cookie", b"a=b")], root_path="/prefix")

        assert (said[0]["status"], said[1]["body"]) == (202, b"accepted")
        assert asked[1]["path"] == "/prefix/api/runs/x/"
        assert asked[1]["headers"] == [(b"cookie", b"a=b")]

    @pytest.mark.parametrize("status", [200, 304, 401, 404, 429, 500])
    def test_shows_the_run_only_where_the_caller_may_see_it(self, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
        async def accept(scope: Any, receive: Any, send: Any) -> None:
            if scope["method"] == "POST":
                self.accepts(scope)
            await send(
                {"type": "http.response.start", "status": 202 if scope["method"] == "POST" else status, "headers": []}
            )
            await send({"type": "http.response.body", "body": scope["method"].encode()})

        async def at_once(wait: Any) -> None:
            return

        monkeypatch.setattr(prefer_wait, "_end_of", at_once)

        said = self.ask(accept)

        assert said[1]["body"] == (b"GET" if status == 200 else b"POST")

    def test_says_nothing_to_a_client_that_went_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def accept(scope: Any, receive: Any, send: Any) -> None:
            assert scope["method"] == "POST"
            self.accepts(scope)
            await send({"type": "http.response.start", "status": 202, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        async def never(wait: Any) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(prefer_wait, "_end_of", never)

        assert self.ask(accept, gone=True) == []

    def test_does_not_wait_when_the_database_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def accept(scope: Any, receive: Any, send: Any) -> None:
            self.accepts(scope)
            await send({"type": "http.response.start", "status": 202, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        async def fail(wait: Any) -> None:
            raise ConnectionError

        monkeypatch.setattr(prefer_wait, "_end_of", fail)

        assert self.ask(accept)[0]["status"] == 202

    @pytest.mark.parametrize(
        ("header", "seconds"),
        [
            ("wait=5", 5),
            ("wait=99999", 30),
            ("wait=9999999999999999999", 0),
            ("wait=-1", 0),
            ("wait=1e9", 0),
            ("wait=٣", 0),
            ("respond-async, wait=3", 3),
            ('wait="7"', 7),
            ("nowait=5", 0),
            ("wait=" * 5_000, 0),
            (" " * 20_000 + "wait", 0),
        ],
    )
    def test_reads_the_wish_as_it_is_written(self, header: str, seconds: int) -> None:
        began = time.process_time()

        assert prefer_wait.seconds_wanted(header) == seconds
        assert time.process_time() - began < 1
