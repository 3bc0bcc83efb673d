"""The entry point for ASGI servers: HTTP goes to Django, sockets and the life of the process go to Starlette."""

import contextlib
import os
from collections.abc import AsyncIterator
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "algoagent.settings")

django_application = get_asgi_application()

from django.conf import settings  # noqa: E402  # configured by the lines above
from starlette.applications import Starlette  # noqa: E402

from algoagent.body_limit import BodyLimit  # noqa: E402
from strategy_api.mcp.endpoint import PATHS, McpEndpoint  # noqa: E402
from strategy_api.runs.prefer_wait import PreferWait  # noqa: E402
from strategy_api.runs.sockets import application as sockets  # noqa: E402

# A form around an uploaded file adds a little.
FORM_BYTES = 64 << 10
UPLOADS = "/api/data/import"


def body_limit(path: str) -> int:
    """Return how large the body of a request to a path may be."""
    if path.rstrip("/").endswith(UPLOADS):
        return max(settings.BODY_LIMIT_BYTES, settings.UPLOAD_LIMIT_BYTES) + FORM_BYTES
    return int(settings.BODY_LIMIT_BYTES)


api = PreferWait(django_application)
tools = McpEndpoint(api)


@contextlib.asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[sockets.SocketsState]:
    """Open what is open for as long as the process lives."""
    async with sockets.open_sockets() as state, tools.loaded():
        yield state


async def serve_http(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve a request: one of an agent's tools, or one of the API."""
    await (tools if scope["path"] in PATHS else api)(scope, receive, send)


http_edge = BodyLimit(serve_http, limit=body_limit)
socket_edge = Starlette(routes=sockets.ROUTES, lifespan=lifespan)


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve one connection, or the life of the process."""
    if scope["type"] == "http":
        await http_edge(scope, receive, send)
    else:
        await socket_edge(scope, receive, send)
