"""Runs: where they stand, what they said, and ways to stop and delete them."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from strategy_api.accounts.idempotency import Answer, answer_once, keyed
from strategy_api.accounts.viewsets import OwnedViewSet
from strategy_api.runs import event_views, selectors, services
from strategy_api.runs.events import topic_of
from strategy_api.runs.models import Run
from strategy_api.runs.queries import RunQuery
from strategy_api.runs.serializers import RunDetail, RunSummary


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
        "events": event_views.PROBLEMS,
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

    @extend_schema(summary="Follow a run's events", **event_views.SCHEMA)
    @action(**event_views.ACTION)
    def events(self, request: Request, pk: Any = None) -> HttpResponseBase:
        """Stream the events as they happen, or list those so far."""
        return event_views.answer_events(request, topic_of(self.get_object().pk))
