"""What is answered outside the API's own views: unknown addresses, too many wrong passwords, our own failures."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views import defaults

from strategy_api.common.problems import MEDIA_TYPE, problem


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer a request that no view was asked about."""
    if _for_api(request):
        return _problem(request, "bad_request", "The request cannot be understood.", 400)
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer what may not be done."""
    if _for_api(request):
        return _problem(request, "permission_denied", "This may not be done.", 403)
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer an address that leads nowhere."""
    if _for_api(request):
        return _problem(request, "not_found", "There is nothing at this address.", 404)
    return defaults.page_not_found(request, exception)


def failed(request: HttpRequest) -> HttpResponseBase:
    """Answer a failure of ours; what happened is in the log, under the request's id."""
    if _for_api(request):
        return _problem(request, "internal_error", "Something went wrong on our side; it was logged.", 500)
    return defaults.server_error(request)


def locked_out(request: HttpRequest, *_: Any) -> HttpResponse:
    """Answer somebody who gave a wrong password too often."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    text = f"Too many wrong passwords: wait {seconds // 60} minutes, then try again."
    if _for_api(request):
        answer = _problem(request, "login_throttled", text, 429)
    else:
        answer = render(request, "algoagent/locked_out.html", {"text": text}, status=429)
    answer["Retry-After"] = str(seconds)
    return answer


def _for_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _problem(request: HttpRequest, code: str, detail: str, status: int) -> HttpResponse:
    document = problem(code, detail, status, instance=request.path)
    return JsonResponse(document, status=status, content_type=MEDIA_TYPE)
