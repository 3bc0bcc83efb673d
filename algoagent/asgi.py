"""The entry point for ASGI servers."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "algoagent.settings")

django_application = get_asgi_application()

from django.conf import settings  # noqa: E402  # configured by the lines above

from algoagent.body_limit import BodyLimit  # noqa: E402
from strategy_api.mcp.endpoint import PATHS, McpEndpoint  # noqa: E402
from strategy_api.runs.prefer_wait import PreferWait  # noqa: E402

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


async def dispatch(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        tools.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await tools.stop()
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["path"] in PATHS:
        await tools(scope, receive, send)
    else:
        await api(scope, receive, send)


application = BodyLimit(dispatch, limit=body_limit)
