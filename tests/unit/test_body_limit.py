"""Bodies that are too large are refused while they arrive."""

import asyncio
from typing import Any

import pytest

from algoagent import body_limit
from algoagent.body_limit import BodyLimit


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Read a body as Django does, then answer with its length."""
    length, more = 0, True
    while more:
        message = await receive()
        length, more = length + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


def ask(*chunks: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> tuple[int, bytes, int]:
    """Send a body in chunks; return the status, the answer, and how many chunks were read."""
    waiting = list(chunks)
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "path": "/api/x/", "headers": headers or []}
    asyncio.run(BodyLimit(echo, limit=lambda path: 10)(scope, receive, send))
    return said[0]["status"], said[1]["body"], len(chunks) - len(waiting)


class TestBodyLimit:
    def test_lets_through_what_is_small_enough(self) -> None:
        assert ask(b"12345", b"67890") == (200, b"10", 2)

    def test_stops_reading_at_the_limit(self) -> None:
        status, body, read = ask(b"12345678", b"9012", b"more", b"more")

        assert (status, read) == (413, 2)
        assert b'"code": "body_too_large"' in body

    def test_believes_a_length_that_is_too_large_at_once(self) -> None:
        status, _, read = ask(b"12345678", b"9012", headers=[(b"content-length", b"12")])

        assert (status, read) == (413, 0)

    def test_does_not_believe_a_length_that_is_too_small(self) -> None:
        status, _, _ = ask(b"12345678", b"9012", headers=[(b"content-length", b"1")])

        assert status == 413

    @pytest.mark.parametrize(
        "headers",
        [
            [(b"content-length", b"2"), (b"content-length", b"2")],
            [(b"content-length", b"2"), (b"transfer-encoding", b"chunked")],
            [(b"content-length", b"-2")],
            [(b"content-length", "٣".encode())],
        ],
    )
    def test_refuses_a_length_that_is_ambiguous(self, headers: list[tuple[bytes, bytes]]) -> None:
        status, body, read = ask(b"12", headers=headers)

        assert (status, read) == (400, 0)
        assert b"ambiguous_length" in body

    def test_gives_up_on_a_body_that_is_slow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(body_limit, "BODY_SECONDS", 0.05)
        said: list[Any] = []

        async def never() -> Any:
            await asyncio.Event().wait()

        async def send(message: Any) -> None:
            said.append(message)

        scope = {"type": "http", "path": "/", "headers": []}
        asyncio.run(BodyLimit(echo, limit=lambda path: 10)(scope, never, send))

        assert said[0]["status"] == 408
        assert (b"connection", b"close") in said[0]["headers"]

    def test_refuses_more_than_all_unfinished_bodies_may_take(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(body_limit, "MOST_UNFINISHED_BYTES", 5)

        assert ask(b"123", b"45", b"6")[0] == 503
        assert ask(b"123")[0] == 200
