"""Middleware: the id of each request, headers that every answer carries, and paths without their last slash."""

import re
import uuid
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.db import DataError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.urls import is_valid_path
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin
from django.views import defaults

from strategy_api.common.log_context import request_id
from strategy_api.common.queries import MAX_WORDS

REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class ApiHeadersMiddleware(MiddlewareMixin):
    """Says how the caller stands with the rate limit, and keeps private answers out of shared caches."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add what is missing."""
        standing = getattr(request, "rate_limit", None)
        for name, value in (standing.headers() if standing else {}).items():
            response[name] = value
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "private, no-cache")
            patch_vary_headers(response, ["Authorization"])
        return response


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
        chosen = self._label(request)
        response = self._get_response(request)
        response["X-Request-Id"] = chosen
        return response

    async def _async_call(self, request: Any) -> Any:
        chosen = self._label(request)
        response = await self._get_response(request)
        response["X-Request-Id"] = chosen
        return response

    def _label(self, request: Any) -> str:
        sent = request.headers.get("X-Request-Id", "")
        chosen: str = sent if REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
        request_id.set(chosen)
        return chosen


class OptionalSlashMiddleware(MiddlewareMixin):
    """Takes an API path without its last slash for the one with it, for every method, without a redirect."""

    def process_request(self, request: HttpRequest) -> None:
        """Add the slash where only the path with it leads somewhere."""
        path = request.path_info
        if path.startswith("/api/") and not path.endswith("/") and not is_valid_path(path):
            request.path_info, request.path = f"{path}/", f"{request.path}/"


class AdminQueryMiddleware(MiddlewareMixin):
    """Answers 400 for a query string of the admin that no database can look for, on whichever app's page."""

    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:
        """Refuse to look for more words than anybody types."""
        if _in_admin(request) and len(request.GET.get("q", "").split()) > MAX_WORDS:
            return defaults.bad_request(request, ValueError("too many words"))
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Answer for a number or a time that is in no row."""
        if _in_admin(request) and request.META.get("QUERY_STRING") and isinstance(exception, OverflowError | DataError):
            return defaults.bad_request(request, exception)
        return None


def _in_admin(request: HttpRequest) -> bool:
    return request.method == "GET" and request.path.startswith("/admin/")


class CompressionMiddleware(GZipMiddleware):
    """Compresses answers for those who accept it; a stream of events is left alone, or it would come late."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress what is long enough."""
        if response.headers.get("Content-Type", "").startswith("text/event-stream"):
            return response
        compressed: HttpResponseBase = super().process_response(request, response)
        return compressed
