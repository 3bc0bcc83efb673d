"""RFC 7240: `Prefer: wait=N` holds the answer until the run has ended, at most half a minute.

The waiting is done at the edge, outside Django: a request that waits holds neither a thread nor a database connection.
The view answers 202 and leaves a note in the connection's scope; the edge waits for the run's end and then asks for the
run itself, as the same caller. Only such an answer is held back; every other one passes through as it comes.
"""

import asyncio
import logging
import re
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework.request import Request

from strategy_api.runs import notifications
from strategy_api.runs.event_reader import event_reader
from strategy_api.runs.events import topic_of
from strategy_api.runs.models import Run

logger = logging.getLogger(__name__)

MOST_SECONDS = 30
WAITS_PER_USER = 20
WAITS_PER_PROCESS = 2_000
MOST_HELD_BYTES = 4 << 20
WAIT = re.compile(r"(?:^|,|;)\s*wait\s*=\s*\"?([0-9]{1,6})\"?\s*(?:$|,|;)", re.IGNORECASE)
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


def announce(request: Request, run: Run, *, address: str = "") -> None:
    """Tell the edge which run this request made, so that it can wait for its end; and what to answer then.

    Without an `address` that is the run itself.
    """
    scope = getattr(request._request, "scope", None)
    if scope is not None and request.user.pk is not None:
        address = address or f"/api/runs/{run.pk}/"
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

        async def hold(message: Message) -> None:
            if not answer.started and self._may_wait(scope.get(NOTE), message):
                # Counted from here on: of many at the same time no more wait than may.
                self._waiting[scope[NOTE].user_id] += 1
                await answer.take(message)
            elif answer.started:
                await answer.take(message)
            else:
                await send(message)

        try:
            await self._application(scope, receive, hold)
            if answer.started:
                await self._answer_later(scope, receive, send, answer, seconds)
        finally:
            if answer.started:
                self._leave(scope[NOTE].user_id)

    async def _answer_later(self, scope: Scope, receive: Receive, send: Send, answer: "_Held", seconds: int) -> None:
        """Wait, then send the state of the run, or what was accepted where it has not ended."""
        wait: Wait = scope[NOTE]
        ended, there = await _ended(wait, seconds, receive)
        if not there:
            return
        if ended:
            answer = await self._present_state(scope, wait, answer)
        answer.add_header(b"preference-applied", f"wait={seconds}".encode())
        await answer.release(send)

    def _leave(self, user_id: int) -> None:
        self._waiting[user_id] -= 1
        if not self._waiting[user_id]:
            del self._waiting[user_id]

    def _may_wait(self, wait: Wait | None, start: Message) -> bool:
        """Say whether the answer that begins so is held back: it accepts a run, and few others are waited for."""
        return (
            wait is not None
            and start.get("status") == 202
            and self._waiting[wait.user_id] < WAITS_PER_USER
            and self._waiting.total() < WAITS_PER_PROCESS
        )

    async def _present_state(self, scope: Scope, wait: Wait, accepted: "_Held") -> "_Held":
        """Ask for the run as its caller would, and keep the headers of the first answer."""
        headers = [(name, value) for name, value in scope["headers"] if name in _OF_THE_CALLER]
        path, _, query = wait.address.partition("?")
        path = scope.get("root_path", "") + path
        asked = {
            **{name: value for name, value in scope.items() if name != NOTE},
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": headers,
        }
        state = _Held()
        try:
            await self._application(asked, _no_body(), state.take)
        except Exception as error:
            logger.warning("Run %s ended, but cannot be shown: %s", wait.run_id, type(error).__name__)
            return accepted
        if state.status != 200 or not state.complete:
            return accepted
        state.keep_headers(accepted, _OF_THE_FIRST_ANSWER)
        return state


# What says who asks, and from where; nothing that makes the second answer depend on more than the run.
_OF_THE_CALLER = (
    *(b"host", b"authorization", b"cookie", b"origin", b"user-agent", b"accept", b"accept-encoding", b"x-request-id"),
    *(b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port", b"forwarded"),
)
_OF_THE_FIRST_ANSWER = (
    *(b"location", b"idempotent-replayed", b"x-request-id", b"set-cookie"),
    *(b"ratelimit-limit", b"ratelimit-remaining", b"ratelimit-reset", b"ratelimit-policy"),
)


class HeldTooMuch(Exception):
    """An answer is larger than what is kept of one."""


class _Held:
    """An answer that is not sent yet."""

    def __init__(self) -> None:
        self._messages: list[dict[str, Any]] = []
        self._bytes = 0

    async def take(self, message: Message) -> None:
        self._bytes += len(message.get("body", b""))
        if self._bytes > MOST_HELD_BYTES:
            raise HeldTooMuch
        self._messages.append(dict(message))

    @property
    def started(self) -> bool:
        return bool(self._messages)

    @property
    def complete(self) -> bool:
        return len(self._messages) > 1 and not self._messages[-1].get("more_body", False)

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


async def _ended(wait: Wait, seconds: float, receive: Receive) -> tuple[bool, bool]:
    """Return whether the run ended in time, and whether the client is still there; stop at once when it is not."""
    end = asyncio.ensure_future(_end_of(wait))
    gone = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait({end, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if end.done() and (error := end.exception()) is not None:
            # The end cannot be seen now: what was accepted is answered with at once.
            logger.warning("Run %s cannot be waited for: %s", wait.run_id, type(error).__name__)
            return False, not gone.done()
        return end.done(), not gone.done()
    finally:
        end.cancel()
        gone.cancel()
        await asyncio.gather(end, gone, return_exceptions=True)


async def _end_of(wait: Wait) -> None:
    """Read the run's events until the last one."""
    reader, topic, after = event_reader(), topic_of(wait.run_id), wait.after_seq
    async with notifications.subscribe_async(topic) as changed:
        while True:
            changed.clear()
            events, finished = await reader.events_after(topic, after)
            if finished:
                return
            if events:
                after = events[-1]["seq"]
            else:
                await changed.wait()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
