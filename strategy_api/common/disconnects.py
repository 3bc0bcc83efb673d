"""Whether the client of a request is still there, for work that nobody needs when it is not."""

from collections.abc import Callable
from typing import Any

from rest_framework.request import Request

# Under this name the edge keeps a threading.Event in the connection's scope.
GONE = "algoagent.gone"


def client_is_gone(request: Request) -> Callable[[], bool]:
    """Return a question that a thread can ask now and then; elsewhere than behind our edge the answer is always no."""
    gone: Any = getattr(request._request, "scope", {}).get(GONE)
    return gone.is_set if gone is not None else lambda: False
