"""How often one user may ask, by kind of work; counted a minute at a time, in the cache that all processes share."""

import logging
import math
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from strategy_api.common.counters import increase
from strategy_api.common.proxies import client_address

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a caller stands with one limit; `reset` is in seconds from now."""

    kind: str
    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """Return the headers that tell the caller."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
            "RateLimit-Policy": f'{self.limit};w={WINDOW_SECONDS};name="{self.kind}"',
        }


class RateLimit(BaseThrottle):
    """Counts each request against its kind; a view's `rates` maps its actions to kinds.

    A cache that does not answer limits nobody: accepting work must not depend on it.
    """

    def __init__(self) -> None:
        self._reset = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request and say whether it is within the limit."""
        kind = _kind(request, view)
        limit = settings.RATE_LIMITS[kind]
        who = request.user.pk if request.user.is_authenticated else client_address(request._request)
        now = time.time()
        key = f"rate:{kind}:{who}:{int(now // WINDOW_SECONDS)}".replace(" ", "")
        try:
            used = increase(key, 2 * WINDOW_SECONDS)
        except Exception as error:
            logger.warning("The cache does not count requests: %s", type(error).__name__)
            return True
        self._reset = math.ceil(WINDOW_SECONDS - now % WINDOW_SECONDS)
        standing = Standing(kind=kind, limit=limit, remaining=max(0, limit - used), reset=self._reset)
        vars(request._request)["rate_limit"] = standing
        return bool(used <= limit)

    def wait(self) -> float:
        """Return the seconds until the next minute begins."""
        return float(self._reset)


def _kind(request: Request, view: Any) -> str:
    if not request.user.is_authenticated:
        return "anonymous"
    action = getattr(view, "action", None) or (request.method or "").lower()
    usual = "read" if request.method in SAFE_METHODS else "write"
    kind: str = getattr(view, "rates", {}).get(action, usual)
    return kind
