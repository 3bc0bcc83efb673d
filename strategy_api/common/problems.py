"""Errors as RFC 9457 problem documents, each with a stable code."""

import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from backtest_engine.errors import AlgoAgentError, EngineError
from strategy_api.common.exceptions import BodyTooLarge, DatabaseUnavailable, InvalidQuery
from strategy_api.common.renderers import ProblemRenderer

logger = logging.getLogger(__name__)

MEDIA_TYPE = ProblemRenderer.media_type

# Which status a failed run would have had, had it been answered at once.
RUN_STATUS = {
    "data_unavailable": status.HTTP_503_SERVICE_UNAVAILABLE,
    "sandbox_unavailable": status.HTTP_503_SERVICE_UNAVAILABLE,
    "worker_lost": status.HTTP_500_INTERNAL_SERVER_ERROR,
    "internal_error": status.HTTP_500_INTERNAL_SERVER_ERROR,
    "unknown_symbol": status.HTTP_404_NOT_FOUND,
    "budget_exhausted": status.HTTP_429_TOO_MANY_REQUESTS,
    **dict.fromkeys(("keys_busy", "quota_spent", "no_usable_key"), status.HTTP_503_SERVICE_UNAVAILABLE),
    **dict.fromkeys(("credits_spent", "account_suspended", "service_disabled"), status.HTTP_503_SERVICE_UNAVAILABLE),
    **dict.fromkeys(
        (
            "model_overloaded",
            "model_failed",
            "model_timeout",
            "model_unreachable",
            "model_unavailable",
            "vendor_redirects",
        ),
        status.HTTP_503_SERVICE_UNAVAILABLE,
    ),
    **dict.fromkeys(
        ("answer_truncated", "answer_blocked", "answer_recited", "answer_malformed", "answer_empty", "answer_invalid"),
        status.HTTP_502_BAD_GATEWAY,
    ),
}


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception with a problem document; unknown exceptions stay the server's."""
    request = context.get("request")
    if isinstance(error, AlgoAgentError):
        document = run_problem(error.as_dict()) | {"instance": request.path if request is not None else ""}
        if isinstance(error, EngineError):
            logger.error("A request failed, and it is our fault", exc_info=error)
        response: Response | None = Response(document, status=document["status"], content_type=MEDIA_TYPE)
        return _rendered(response, request)
    error = _as_api_exception(error)
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = _describe(error, response.status_code, request.path if request is not None else "")
    response.content_type = MEDIA_TYPE
    return _rendered(response, request)


def _rendered(response: Response | None, request: Any) -> Response | None:
    if request is not None:
        request.accepted_renderer = ProblemRenderer()
        request.accepted_media_type = MEDIA_TYPE
    return response


def problem(code: str, detail: str, status_code: int, **extra: Any) -> dict[str, Any]:
    """Return a problem document."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status_code).phrase,
        "status": status_code,
        "code": code,
        "detail": detail,
    }
    return document | {name: value for name, value in extra.items() if value not in (None, "", [], {})}


def run_problem(error: Mapping[str, Any]) -> dict[str, Any]:
    """Return the problem document of a run that failed; questions and problems of a description come along."""
    code = str(error["code"])
    return problem(
        code,
        str(error.get("message", "")),
        RUN_STATUS.get(code, status.HTTP_422_UNPROCESSABLE_ENTITY),
        line=error.get("line"),
        hint=error.get("hint"),
        **dict(error.get("details") or {}),
    )


def _as_api_exception(error: Exception) -> Exception:
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        return BodyTooLarge()
    if isinstance(error, OperationalError | InterfaceError):
        return DatabaseUnavailable()
    return error


def _describe(error: Exception, status_code: int, path: str) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        fields = list(_fields(error.detail))
        if isinstance(error, InvalidQuery):
            fields = [{"parameter": field.pop("pointer")[1:], **field} for field in fields]
        return problem("invalid", "The request is not valid.", status_code, instance=path, errors=fields)
    codes = error.get_codes() if isinstance(error, exceptions.APIException) else "error"
    detail = getattr(error, "detail", "")
    return problem(codes if isinstance(codes, str) else "error", str(detail), status_code, instance=path)


def _fields(detail: Any, path: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """Yield one entry a message, with a JSON pointer to the field."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            here = path if name == "non_field_errors" else (*path, str(name))
            yield from _fields(inner, here)
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            deeper = isinstance(inner, Mapping | list)
            yield from _fields(inner, (*path, str(position)) if deeper else path)
    else:
        pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
        yield {"pointer": pointer, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}
