"""`/mcp` at the edge: hosts and origins are checked, the SDK is imported late, and the rest is the SDK's.

Until the SDK is imported, which takes a second or two after the server has started, the answer is 503 with
`Retry-After`.
"""

import asyncio
import contextlib
import contextvars
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from strategy_api.mcp.api import Api

logger = logging.getLogger(__name__)

PATHS = ("/mcp", "/mcp/", "/.well-known/oauth-protected-resource/mcp")
MOST_BODY_BYTES = 1 << 20
RETRY_SECONDS = 2
PATIENCE_SECONDS = 1.0

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_scope: contextvars.ContextVar[Scope] = contextvars.ContextVar("mcp_scope")


class McpEndpoint:
    """An ASGI application for `PATHS`. `application` is the API itself, which the tools call."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._ready: Application | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        host = _header(scope, b"host")
        if not _served(host):
            await _refuse(send, 421, "unknown_host", f"This server is not called {host!r}; see ALLOWED_HOSTS.")
            return
        origin = _header(scope, b"origin")
        if origin and not _trusted(origin, host):
            await _refuse(send, 403, "unknown_origin", f"Pages of {origin!r} may not call tools.")
            return
        if self._ready is None:
            await _refuse(send, 503, "starting", "The tools are being loaded.", {b"retry-after": b"%d" % RETRY_SECONDS})
            return
        _scope.set(scope)
        await self._ready({**scope, "path": scope["path"].rstrip("/")}, receive, send)

    @contextlib.asynccontextmanager
    async def loaded(self) -> AsyncIterator[None]:
        """Load the SDK a moment after the server has started, and keep what it runs in the background until the end."""
        running = asyncio.create_task(self._run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            self._ready = None

    async def _run(self) -> None:
        # The first requests of a page come first.
        await asyncio.sleep(PATIENCE_SECONDS)
        server = await asyncio.to_thread(self._load)
        app = server.streamable_http_app(
            json_response=True,
            stateless_http=True,
            max_request_body_size=MOST_BODY_BYTES,
            transport_security=_unchecked(),
        )
        async with server.session_manager.run():
            self._ready = app
            await asyncio.Event().wait()

    def _load(self) -> Any:
        from strategy_api.mcp.server import build_server

        return build_server(self._api_of, public_url=settings.PUBLIC_URL)

    def _api_of(self, token: str) -> Api:
        scope = _scope.get()
        address = f"{scope['scheme']}://{_header(scope, b'host')}"
        return Api(
            self._application, token=token, client=tuple(scope.get("client") or ("127.0.0.1", 0)), base_url=address
        )


def _unchecked() -> Any:
    """Return settings that leave hosts and origins to us."""
    from mcp.server.transport_security import TransportSecuritySettings

    return TransportSecuritySettings(enable_dns_rebinding_protection=False)


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _served(host: str) -> bool:
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def _trusted(origin: str, host: str) -> bool:
    return urlsplit(origin).netloc == host or origin in settings.CSRF_TRUSTED_ORIGINS


async def _refuse(
    send: Send, status: int, code: str, detail: str, headers: Mapping[bytes, bytes] | None = None
) -> None:
    document = {"type": "about:blank", "status": status, "code": code, "detail": detail}
    head = [(b"content-type", b"application/problem+json"), *(headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})
