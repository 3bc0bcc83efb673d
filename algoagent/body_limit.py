"""Refuses a body that is too large or too slow while it arrives: Django would first wait for all of it."""

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from strategy_api.common.disconnects import GONE

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

# A body has this long, and longer as it grows: slower than this, nobody sends one who means it. Our own server closes
# such a connection a little sooner.
BODY_SECONDS = 15.0
SLOWEST_BYTES_A_SECOND = 8 << 10
# What all unfinished bodies of this process may take together.
MOST_UNFINISHED_BYTES = 256 << 20


class Refused(Exception):
    """The body is not waited for any longer."""

    def __init__(self, status: int, title: str, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.document = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}


class BodyLimit:
    """An ASGI application that answers for bodies that are no good, and hands everything else on.

    `limit` says how many bytes the body of a path may have.
    """

    def __init__(self, application: Application, *, limit: Callable[[str], int]) -> None:
        self._application = application
        self._limit = limit
        self._unfinished = 0

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Count what arrives and how long it takes, whatever the client says of its length."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        scope[GONE] = threading.Event()
        body = _Body(self._limit(scope["path"]), receive, scope)
        answering = False

        async def counted() -> Message:
            before = body.held
            try:
                return await body.receive(self._unfinished)
            finally:
                self._unfinished += body.held - before

        async def answer(message: Message) -> None:
            nonlocal answering
            answering = True
            await send(message)

        try:
            _check_head(scope["headers"], body.limit)
            await self._application(scope, counted, answer)
        except Refused as refused:
            if answering:
                raise
            await _refuse(scope, send, refused)
        finally:
            self._unfinished -= body.held


class _Body:
    """A body that arrives: `held` counts its bytes until it is complete."""

    def __init__(self, limit: int, receive: Receive, scope: dict[str, Any]) -> None:
        self.limit = limit
        self.held = 0
        self._receive = receive
        self._scope = scope
        self._complete = False
        self._began = time.monotonic()

    async def receive(self, unfinished: int) -> Message:
        """Return the next message; raise `Refused` when there is too much of it or it takes too long."""
        if self._complete:
            return self._noted(await self._receive())
        left = self._began + BODY_SECONDS + self.held / SLOWEST_BYTES_A_SECOND - time.monotonic()
        try:
            message = await asyncio.wait_for(self._receive(), max(left, 0.01))
        except TimeoutError:
            raise Refused(408, "Request Timeout", "body_too_slow", "The body of the request takes too long.") from None
        arrived = len(message.get("body", b""))
        if self.held + arrived > self.limit:
            raise _too_large(self.limit)
        if unfinished + arrived > MOST_UNFINISHED_BYTES:
            raise Refused(503, "Service Unavailable", "busy", "Too many requests are being received; try again.")
        self.held += arrived
        if not message.get("more_body", False):
            self._complete, self.held = True, 0
        return self._noted(message)

    def _noted(self, message: Message) -> Message:
        if message["type"] == "http.disconnect":
            self._scope[GONE].set()
        return message


def _check_head(headers: list[tuple[bytes, bytes]], limit: int) -> None:
    """Refuse a length that is stated twice, or over the limit; a proxy may have believed the other one."""
    lengths = [value.strip() for name, value in headers if name == b"content-length"]
    chunked = any(name == b"transfer-encoding" for name, _ in headers)
    if len(lengths) + chunked > 1 or not all(length.isdigit() for length in lengths):
        detail = "The length of the body is stated more than once, or is no number."
        raise Refused(400, "Bad Request", "ambiguous_length", detail)
    # Compared as text first: a number of thousands of digits is not worth reading.
    if lengths and (len(lengths[0].lstrip(b"0")) > 15 or int(lengths[0]) > limit):
        raise _too_large(limit)


def _too_large(limit: int) -> Refused:
    detail = f"No request to this address may be larger than {limit} bytes."
    return Refused(413, "Request Entity Too Large", "body_too_large", detail)


async def _refuse(scope: dict[str, Any], send: Send, refused: Refused) -> None:
    document = {**refused.document, "instance": scope["path"].encode("utf-8", "replace").decode()}
    body = json.dumps(document).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    headers.append((b"content-length", str(len(body)).encode()))
    if refused.status == 503:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
