"""RFC 7240: `Prefer: wait=N` holds the answer until the run has ended, at most half a minute.

The waiting is done at the edge, outside Django: a request that waits holds neither a thread nor a database connection.
The view answers 202 and leaves a note in the connection's scope; the edge waits for the run's end and then asks for the
run itself, as the same caller.
"""

import asyncio
import re
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework.request import Request

from strategy_api.runs import notifications, sse
from strategy_api.runs.models import Run

MOST_SECONDS = 30
WAITS_PER_USER = 20
WAIT = re.compile(r"(?:^|,|;)\s*wait\s*=\s*\"?(\d{1,6})\"?\s*(?:$|,|;)", re.IGNORECASE)
NOTE = "algoagent.wait"

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Wait:
    """A wish to wait for a run's end."""

    run_id: uuid.UUID
    user_id: int
    after_seq: int
    address: str


def seconds_wanted(header: str) -> int:
    """Return how many seconds a `Prefer` header asks to wait; 0 when it says nothing of it."""
    wish = WAIT.search(header)
    return min(int(wish[1]), MOST_SECONDS) if wish else 0


def announce(request: Request, run: Run) -> None:
    """Tell the edge which run this request made, so that it can wait for its end."""
    scope = getattr(request._request, "scope", None)
    if scope is not None and request.user.pk is not None:
        address = f"/api/runs/{run.pk}/"
        scope[NOTE] = Wait(run_id=run.pk, user_id=request.user.pk, after_seq=run.last_seq, address=address)


class PreferWait:
    """An ASGI application that waits on behalf of another one's clients."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._waiting: Counter[int] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand everything on; hold back the answer to a request that prefers to wait."""
        seconds = _wanted(scope) if scope["type"] == "http" and scope["method"] == "POST" else 0
        if not seconds:
            await self._application(scope, receive, send)
            return
        answer = _Held()
        await self._application(scope, receive, answer.take)
        wait: Wait | None = scope.get(NOTE)
        if wait is None or answer.status != 202 or self._waiting[wait.user_id] >= WAITS_PER_USER:
            await answer.release(send)
            return
        self._waiting[wait.user_id] += 1
        try:
            ended = await _ended(wait, seconds, receive)
        finally:
            self._waiting[wait.user_id] -= 1
            if not self._waiting[wait.user_id]:
                del self._waiting[wait.user_id]
        if ended:
            answer = await self._present_state(scope, wait, answer)
        answer.add_header(b"preference-applied", f"wait={seconds}".encode())
        await answer.release(send)

    async def _present_state(self, scope: Scope, wait: Wait, accepted: "_Held") -> "_Held":
        """Ask for the run as its caller would, and keep the headers of the first answer."""
        headers = [(name, value) for name, value in scope["headers"] if name not in _OF_THE_BODY]
        asked = {
            **{name: value for name, value in scope.items() if name != NOTE},
            "method": "GET",
            "path": wait.address,
            "raw_path": wait.address.encode(),
            "query_string": b"",
            "headers": headers,
        }
        state = _Held()
        await self._application(asked, _no_body(), state.take)
        if state.status != 200:
            return accepted
        state.keep_headers(accepted, (b"location", b"idempotent-replayed", b"x-request-id"))
        return state


_OF_THE_BODY = (b"content-length", b"content-type", b"transfer-encoding", b"idempotency-key", b"expect")


class _Held:
    """An answer that is not sent yet."""

    def __init__(self) -> None:
        self._messages: list[dict[str, Any]] = []

    async def take(self, message: Message) -> None:
        self._messages.append(dict(message))

    @property
    def status(self) -> int:
        return int(self._messages[0]["status"]) if self._messages else 0

    def add_header(self, name: bytes, value: bytes) -> None:
        self._messages[0]["headers"] = [*self._messages[0].get("headers", ()), (name, value)]

    def keep_headers(self, other: "_Held", names: tuple[bytes, ...]) -> None:
        mine = [header for header in self._messages[0].get("headers", ()) if header[0].lower() not in names]
        theirs = [header for header in other._messages[0].get("headers", ()) if header[0].lower() in names]
        self._messages[0]["headers"] = [*mine, *theirs]

    async def release(self, send: Send) -> None:
        for message in self._messages:
            await send(message)


def _wanted(scope: Scope) -> int:
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"prefer"]
    return seconds_wanted(", ".join(values))


def _no_body() -> Receive:
    """Return what a request without a body and a client that stays sound like."""
    asked = False

    async def receive() -> Message:
        nonlocal asked
        if asked:
            await asyncio.Event().wait()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive


async def _ended(wait: Wait, seconds: float, receive: Receive) -> bool:
    """Return whether the run ended in time; stop at once when the client goes away."""
    end = asyncio.ensure_future(_end_of(wait))
    gone = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait({end, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return end.done() and end.exception() is None
    finally:
        end.cancel()
        gone.cancel()


async def _end_of(wait: Wait) -> None:
    """Read the run's events until the last one."""
    reader, after = sse.event_reader(), wait.after_seq
    async with notifications.subscribe_async(wait.run_id) as changed:
        while True:
            changed.clear()
            events, finished = await reader.events_after(wait.run_id, after)
            if finished:
                return
            if events:
                after = events[-1]["seq"]
            else:
                await changed.wait()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
