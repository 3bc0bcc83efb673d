"""Runs: where they stand, what they said, and ways to stop and delete them."""

import re
from typing import Any

from django.db import close_old_connections
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import exceptions, mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from strategy_api.accounts.idempotency import Answer, answer_once, keyed
from strategy_api.accounts.permissions import caller
from strategy_api.accounts.viewsets import OwnedViewSet
from strategy_api.common.renderers import EventStreamRenderer, StrictJSONRenderer
from strategy_api.runs import selectors, services, sse
from strategy_api.runs.models import Run
from strategy_api.runs.queries import RunQuery
from strategy_api.runs.serializers import RunDetail, RunEventDetail, RunSummary


@extend_schema_view(
    retrieve=extend_schema(
        summary="Show a run with its result",
        description="While the run is unfinished, `Retry-After` says when to look again.",
        responses=RunDetail,
    ),
)
class RunViewSet(mixins.RetrieveModelMixin, OwnedViewSet):
    """A run belongs to whoever asked for it."""

    queryset = Run.objects.none()
    serializer_class = RunDetail
    queries = {"list": RunQuery}
    sparse = {"list": RunSummary, "retrieve": RunDetail}
    problems = {
        "cancel": ("run_finished",),
        "destroy": ("run_unfinished",),
        "events": ("invalid_last_event_id", "too_many_streams"),
    }

    def get_queryset(self) -> QuerySet[Run]:
        """Return what this user may see."""
        return selectors.runs_of(self.request.user)

    @extend_schema(
        summary="List runs",
        description="Newest first. Filter by state, kind, strategy and parent.",
        responses=RunSummary(many=True),
    )
    def list(self, request: Request) -> Response:
        """Return one page."""
        rows = selectors.runs_matching(self.get_queryset(), **self.wanted())
        return self.page_of(rows, RunSummary)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the run; while it is unfinished `Retry-After` says when to look again."""
        run = self.get_object()
        headers = {} if run.finished else {"Retry-After": "1"}
        return Response(self.get_serializer(run).data, headers=headers)

    @extend_schema(
        summary="Delete a run",
        description="With its events and its children; what it made stays. A run that has not ended is a 409.",
        responses={204: None},
    )
    def destroy(self, request: Request, pk: Any = None) -> Response:
        """Remove a run that has ended."""
        services.delete_run(run=self.get_object())
        return Response(status=204)

    @extend_schema(
        summary="Cancel a run",
        description="Stops it: at once while it waits, within a moment while it works. A run that has ended is a 409.",
        request=None,
        responses=RunDetail,
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: Any = None) -> Response:
        """Stop it: at once while it waits, within a moment while it works."""
        run = self.get_object()

        def cancel() -> Answer:
            return Answer(status=200, body=self.get_serializer(services.cancel_run(run=run)).data)

        return answer_once(keyed(request), cancel).response()

    @extend_schema(
        summary="Follow a run's events",
        description=(
            "Server-Sent Events; send `Last-Event-ID` to go on where you left off. With `Accept: application/json` "
            "the events so far as a list. A stream that has ended and been read to its end answers 204."
        ),
        parameters=[
            OpenApiParameter(
                "Last-Event-ID",
                {"type": "string", "pattern": "^[0-9]{0,9}$"},
                OpenApiParameter.HEADER,
                description="Events after this number.",
            ),
        ],
        responses={
            (200, "application/json"): RunEventDetail(many=True),
            (200, "text/event-stream"): OpenApiResponse({"type": "string"}),
            204: OpenApiResponse(description="Nothing follows."),
        },
    )
    @action(
        detail=True,
        methods=["get"],
        renderer_classes=[EventStreamRenderer, StrictJSONRenderer],
        pagination_class=None,
    )
    def events(self, request: Request, pk: Any = None) -> Response | HttpResponse | StreamingHttpResponse:
        """Stream the events as they happen, or list those so far."""
        run = self.get_object()
        after = _last_event_id(request)
        if isinstance(request.accepted_renderer, StrictJSONRenderer):
            events, _ = selectors.events_after(run.pk, after, limit=10_000)
            return Response(RunEventDetail(events, many=True).data)
        if run.finished and after >= run.last_seq:
            return HttpResponse(status=204)
        # Django gives the request's connection back when the response ends: an open stream would keep one all along.
        close_old_connections()
        return StreamingHttpResponse(
            sse.Stream(caller(request).pk, run.pk, after),
            content_type="text/event-stream",
            headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
        )


def _last_event_id(request: Request) -> int:
    text = request.headers.get("Last-Event-ID", "").strip() or "0"
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise exceptions.ParseError("Last-Event-ID is the number of an event.", code="invalid_last_event_id")
    return int(text)
