"""Refuses a body that is too large while it arrives: Django would first write all of it to disk."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


class TooLarge(Exception):
    """More arrived than any view takes."""


class BodyLimit:
    """An ASGI application that answers 413 for bodies over a size, and hands everything else on."""

    def __init__(self, application: Application, *, limit: int) -> None:
        self._application = application
        self._limit = limit

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Count what arrives, whatever the client says of its length."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        arrived = 0

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self._limit:
                raise TooLarge
            return message

        if _announced(scope) > self._limit:
            await _refuse(scope, send, self._limit)
            return
        try:
            await self._application(scope, counted, send)
        except TooLarge:
            await _refuse(scope, send, self._limit)


def _announced(scope: dict[str, Any]) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _refuse(scope: dict[str, Any], send: Send, limit: int) -> None:
    document = {
        "type": "about:blank",
        "title": "Request Entity Too Large",
        "status": 413,
        "code": "body_too_large",
        "detail": f"No request may be larger than {limit} bytes.",
        "instance": scope["path"],
    }
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})
