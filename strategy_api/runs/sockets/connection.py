"""One socket from handshake to end: who it is, what it may send, and how it is closed."""

import asyncio
import contextlib
import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.db import close_old_connections
from starlette.websockets import WebSocket, WebSocketDisconnect

from strategy_api.accounts import socket_access
from strategy_api.accounts.socket_access import NOT_KNOWN, TOO_MANY, Credential, Refused
from strategy_api.runs.sockets.hub import Hub, Subscription
from strategy_api.runs.sockets.messages import PROTOCOL, Encoding, ErrorMessage
from strategy_api.runs.sockets.outbox import Item, Outbox, TooSlow

logger = logging.getLogger(__name__)

SEND_SECONDS = 5.0
CLOSE_SECONDS = 10.0
RECHECK_SECONDS = 60.0
BURST_FACTOR = 2
TRY_AGAIN_LATER = 1013
FAILED = 1011

# Who is at the door is looked up beside what those inside read.
_door = ThreadPoolExecutor(max_workers=4, thread_name_prefix="socket-door")

Found = TypeVar("Found")


async def ask(query: Callable[[], Found]) -> Found:
    """Run what reads or writes rows in a thread."""

    def work() -> Found:
        close_old_connections()
        try:
            return query()
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_door, work)


class Rejected(Exception):
    """A message is answered with an error; the socket stays."""

    def __init__(self, code: str, message: str, topic: str | None = None) -> None:
        super().__init__(message)
        self.error = ErrorMessage(code=code, message=message, topic=topic)


class Dialect(Protocol):
    """What is said on a socket of one kind."""

    encoding: Encoding

    async def begin(self) -> None:
        """Say what comes first."""

    async def handle(self, message: dict[str, Any]) -> None:
        """Do what the client asks; raise `Rejected`."""


class Pace:
    """How fast a client sends: at most a rate, and at once at most twice as much."""

    def __init__(self) -> None:
        self._rate = settings.SOCKET_MESSAGES_PER_SECOND
        self._seen = time.monotonic()
        self._level = 0.0

    def count(self) -> None:
        """Count a message; raise `Rejected` above the rate, and `Refused` beyond the burst."""
        now = time.monotonic()
        self._level = max(0.0, self._level - (now - self._seen) * self._rate) + 1
        self._seen = now
        if self._level > BURST_FACTOR * self._rate:
            raise Refused(TOO_MANY, "Too many messages.")
        if self._level > self._rate:
            raise Rejected("rate_limited", "You send too many messages; this one was not looked at.")


class Socket:
    """An open socket of somebody."""

    def __init__(self, websocket: WebSocket, hub: Hub, credential: Credential, encoding: Encoding) -> None:
        self.credential = credential
        self.hub = hub
        self.encoding = encoding
        self.outbox = Outbox(encoding.resync)
        self.subscriptions: dict[str, Subscription] = {}
        self._websocket = websocket
        self._ended: asyncio.Future[Refused] = asyncio.get_running_loop().create_future()

    async def say(self, text: str) -> None:
        """Send an answer, after everything before it."""
        await self.outbox.put(Item(text))

    def end(self, code: int, reason: str) -> None:
        """Close the socket."""
        if not self._ended.done():
            self._ended.set_result(Refused(code, reason))

    def leave(self, name: str) -> None:
        """Follow a topic no more."""
        if subscription := self.subscriptions.pop(name, None):
            self.hub.leave(subscription)
            self.outbox.forget(name)

    async def run(self, dialect: Dialect) -> None:
        """Read and write until one of both ends, or it is ended."""
        reading = asyncio.ensure_future(self._read(dialect))
        writing = asyncio.ensure_future(self._write())
        tasks: set[asyncio.Future[Any]] = {reading, writing, self._ended}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            for name in list(self.subscriptions):
                self.leave(name)
        await self._close_for([one for one in results if one is not None])

    async def _close_for(self, reasons: list[Any]) -> None:
        for reason in reasons:
            if isinstance(reason, WebSocketDisconnect):
                return
        for reason in reasons:
            if isinstance(reason, TooSlow | TimeoutError):
                await close(self._websocket, TRY_AGAIN_LATER, "You read too slowly.")
                return
            if isinstance(reason, Refused):
                await close(self._websocket, reason.code, reason.reason)
                return
        for reason in reasons:
            if isinstance(reason, Exception):
                logger.error("A socket failed", exc_info=reason)
                await close(self._websocket, FAILED, "Something went wrong on our side.")

    async def _read(self, dialect: Dialect) -> None:
        pace = Pace()
        await dialect.begin()
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code") or 1005)
            try:
                pace.count()
                await dialect.handle(_parsed(message))
            except Rejected as rejected:
                await self.say(rejected.error.model_dump_json(exclude_none=True))

    async def _write(self) -> None:
        while True:
            text = await self.outbox.next()
            async with asyncio.timeout(SEND_SECONDS):
                await self._websocket.send_text(text)


class Sockets:
    """All open sockets of a process, and the hub behind them."""

    def __init__(self) -> None:
        self.hub = Hub()
        self._open: set[Socket] = set()
        self._of_user: Counter[int] = Counter()

    async def serve(self, websocket: WebSocket, speak: Callable[[Socket], Dialect], encoding: Encoding) -> None:
        """Admit a socket and serve it to its end; what is refused is accepted first, so that a browser can read why."""
        offered = websocket.scope["subprotocols"]
        subprotocol = PROTOCOL if PROTOCOL in offered else None
        try:
            credential = await ask(partial(socket_access.admit, websocket.scope))
            self._enter(credential)
        except Refused as refused:
            await websocket.accept(subprotocol)
            await close(websocket, refused.code, refused.reason)
            return
        except Exception:
            logger.exception("A socket could not be admitted")
            await websocket.accept(subprotocol)
            await close(websocket, FAILED, "Something went wrong on our side.")
            return
        socket = Socket(websocket, self.hub, credential, encoding)
        self._open.add(socket)
        try:
            await websocket.accept(subprotocol)
            await socket.run(speak(socket))
        finally:
            self._open.discard(socket)
            self._leave(credential)

    def figures(self) -> dict[str, int]:
        """Return how much is open in this process."""
        return {"sockets": len(self._open), "subscriptions": self.hub.subscriptions, "topics": self.hub.topics}

    async def recheck(self) -> None:
        """Close the sockets of those who would not be admitted any more, and end what they may not follow."""
        sockets = list(self._open)
        if not sockets:
            return
        lapsed = await ask(partial(socket_access.lapsed, [socket.credential for socket in sockets]))
        gone = {id(credential) for credential in lapsed}
        for socket in sockets:
            if id(socket.credential) in gone:
                socket.end(NOT_KNOWN, "You are not known any more.")
            elif socket.subscriptions:
                await _recheck_topics(socket)

    async def recheck_forever(self) -> None:
        """Look again every minute."""
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            try:
                await self.recheck()
            except Exception:
                logger.exception("Sockets could not be looked at again; trying in a minute")

    def _enter(self, credential: Credential) -> None:
        if self._of_user[credential.user.pk] >= settings.SOCKETS_PER_USER:
            raise Refused(TOO_MANY, "You hold too many sockets open; close one first.")
        self._of_user[credential.user.pk] += 1

    def _leave(self, credential: Credential) -> None:
        self._of_user[credential.user.pk] -= 1
        if not self._of_user[credential.user.pk]:
            del self._of_user[credential.user.pk]


async def _recheck_topics(socket: Socket) -> None:
    names = list(socket.subscriptions)
    found = await socket.hub.look(socket.credential.user, [(name, None) for name in names])
    for name in names:
        if name not in found:
            socket.leave(name)
            error = ErrorMessage(code="not_found", message="There is no such topic any more.", topic=name)
            socket.outbox.offer(Item(error.model_dump_json()))


async def close(websocket: WebSocket, code: int, reason: str) -> None:
    """Close a socket, whether or not its client listens."""
    # A client that is gone, or does not read, is not told.
    with contextlib.suppress(WebSocketDisconnect, RuntimeError, TimeoutError, OSError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await websocket.close(code, reason)


def _parsed(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a client said; raise `Rejected` for what is no JSON object."""
    text = message.get("text")
    if text is None:
        raise Rejected("invalid_message", "Messages are text, not bytes.")
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Rejected("invalid_message", "This is no JSON.") from None
    if not isinstance(found, dict):
        raise Rejected("invalid_message", "A message is a JSON object.")
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
