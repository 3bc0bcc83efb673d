"""Log lines that say which request and which run they belong to, as text or as JSON."""

import logging
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction

REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)

_request_id: ContextVar[str] = ContextVar("request_id", default="-")
_run_id: ContextVar[str] = ContextVar("run_id", default="-")


class WhereFilter(logging.Filter):
    """Adds `request_id` and `run_id` to every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything pass, labelled."""
        record.request_id = _request_id.get()
        record.run_id = _run_id.get()
        return True


@contextmanager
def about_run(run_id: uuid.UUID) -> Iterator[None]:
    """Label what is logged inside."""
    token = _run_id.set(str(run_id))
    try:
        yield
    finally:
        _run_id.reset(token)


class RequestIdMiddleware:
    """Takes `X-Request-Id` from the client, or makes one, and gives it back with the answer."""

    async_capable = True
    sync_capable = True

    def __init__(self, get_response: Callable[..., Any]) -> None:
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        """Label the request."""
        if iscoroutinefunction(self):
            return self._async_call(request)
        request_id = self._label(request)
        response = self._get_response(request)
        response["X-Request-Id"] = request_id
        return response

    async def _async_call(self, request: Any) -> Any:
        request_id = self._label(request)
        response = await self._get_response(request)
        response["X-Request-Id"] = request_id
        return response

    def _label(self, request: Any) -> str:
        sent = request.headers.get("X-Request-Id", "")
        request_id: str = sent if REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
        _request_id.set(request_id)
        return request_id
