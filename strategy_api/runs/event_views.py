"""Answering a GET of a topic's events: a stream, or those so far as a list. Used by every view that has `…/events/`."""

import re
from typing import Any

from django.db import close_old_connections
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from strategy_api.accounts.permissions import caller
from strategy_api.common.renderers import EventStreamRenderer, StrictJSONRenderer
from strategy_api.runs import sse, topic_types
from strategy_api.runs.serializers import EventDetail

MOST_LISTED = 10_000
DESCRIPTION = (
    "Server-Sent Events; send `Last-Event-ID` to go on where you left off. With `Accept: application/json` "
    "the events so far as a list. A stream that has ended and been read to its end answers 204."
)
# For `extend_schema`, for the `action` decorator, and for the view's `problems`.
SCHEMA: dict[str, Any] = {
    "description": DESCRIPTION,
    "parameters": [
        OpenApiParameter(
            "Last-Event-ID",
            {"type": "string", "pattern": "^[0-9]{0,9}$"},
            OpenApiParameter.HEADER,
            description="Events after this number.",
        ),
    ],
    "responses": {
        (200, "application/json"): EventDetail(many=True),
        (200, "text/event-stream"): OpenApiResponse({"type": "string"}),
        204: OpenApiResponse(description="Nothing follows."),
    },
}
ACTION: dict[str, Any] = {
    "detail": True,
    "methods": ["get"],
    "renderer_classes": [EventStreamRenderer, StrictJSONRenderer],
    "pagination_class": None,
}
PROBLEMS = ("invalid_last_event_id", "too_many_streams")


def answer_events(request: Request, topic: str) -> HttpResponseBase:
    """Answer with the events of a topic that the caller may read, after the one that they saw last."""
    after = _last_event_id(request)
    if isinstance(request.accepted_renderer, StrictJSONRenderer):
        events, _ = topic_types.events_after(topic, after, limit=MOST_LISTED)
        return Response(EventDetail(events, many=True).data)
    news, finished = topic_types.events_after(topic, after, limit=1)
    if finished and not news:
        return HttpResponse(status=204)
    # Django gives the request's connection back when the response ends: an open stream would keep one all along.
    close_old_connections()
    return StreamingHttpResponse(
        sse.Stream(caller(request).pk, topic, after),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


def _last_event_id(request: Request) -> int:
    text = request.headers.get("Last-Event-ID", "").strip() or "0"
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise exceptions.ParseError("Last-Event-ID is the number of an event.", code="invalid_last_event_id")
    return int(text)
