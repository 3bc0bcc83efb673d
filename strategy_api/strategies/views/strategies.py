"""Strategies: made, read, changed, cloned and deleted. What runs on them is in `work`."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from strategy_api.accounts.idempotency import Answer, answer_once, keyed
from strategy_api.accounts.permissions import caller
from strategy_api.common.openapi.schema import IF_MATCH, IF_NONE_MATCH
from strategy_api.common.queries import PageQuery
from strategy_api.common.validation import validated
from strategy_api.strategies import indicators, selectors, services
from strategy_api.strategies.etags import strategy_etag, unchanged
from strategy_api.strategies.models import Strategy
from strategy_api.strategies.serializers.executions import ExecutionSummary
from strategy_api.strategies.serializers.queries import ExecutionHistoryQuery, IndicatorQuery, StrategyQuery
from strategy_api.strategies.serializers.requests import StrategyClone, StrategyCreate, StrategyPatch
from strategy_api.strategies.serializers.strategies import (
    IndicatorDetail,
    ReviewDetail,
    StrategyDetail,
    StrategySummary,
    TagCount,
)
from strategy_api.strategies.views.versions import VersionActions


class StrategyViewSet(VersionActions):
    """A strategy belongs to its owner; to others it does not exist."""

    queryset = Strategy.objects.none()
    serializer_class = StrategyDetail
    queries = {
        "list": StrategyQuery,
        "execution_history": ExecutionHistoryQuery,
        "versions": PageQuery,
        "reviews": PageQuery,
        "available_indicators": IndicatorQuery,
    }
    sparse = {
        "list": StrategySummary,
        "retrieve": StrategyDetail,
        "execution_history": ExecutionSummary,
    }
    problems = {"destroy": ("run_unfinished",), "clone": ("no_such_version",)}

    def get_queryset(self) -> QuerySet[Strategy]:
        """Return what this user may see."""
        return selectors.strategies_of(self.request.user)

    @extend_schema(
        summary="List strategies",
        description="Newest first unless `ordering` says otherwise. Filter by status, tag and time; search by words.",
        responses=StrategySummary(many=True),
    )
    def list(self, request: Request) -> Response:
        """Return one page."""
        rows = selectors.strategies_matching(self.get_queryset(), **self.wanted())
        return self.page_of(rows.defer("current_version__code", "current_version__spec"), StrategySummary)

    @extend_schema(
        summary="Create a strategy by hand",
        description="Stores code as the first version of a new strategy; nothing is executed.",
        request=StrategyCreate,
        responses={201: StrategyDetail},
    )
    def create(self, request: Request) -> Response:
        """Store code as the first version of a new strategy; nothing is executed."""
        asked = validated(StrategyCreate, request)
        return self._created(request, lambda: services.create_strategy(owner=caller(request), **asked))

    @extend_schema(
        summary="Clone a strategy",
        description="Makes a new strategy of your own out of the current version, with its spec and explanation.",
        request=StrategyClone,
        responses={201: StrategyDetail},
    )
    @action(detail=True, methods=["post"])
    def clone(self, request: Request, pk: Any = None) -> Response:
        """Copy the current version into a new strategy."""
        original = self.get_object()
        asked = validated(StrategyClone, request)
        return self._created(
            request, lambda: services.clone_strategy(owner=caller(request), strategy=original, **asked)
        )

    def _created(self, request: Request, make: Callable[[], Strategy]) -> Response:
        def do() -> Answer:
            strategy = make()
            location = reverse("strategy-detail", [strategy.pk], request=request)
            return Answer(
                status=status.HTTP_201_CREATED,
                body=StrategyDetail(strategy).data,
                headers={"Location": location, "ETag": strategy_etag(strategy)},
            )

        return answer_once(keyed(request), do).response()

    @extend_schema(
        summary="List your tags",
        description="The tags of your strategies, the most used first.",
        responses=TagCount(many=True),
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def tags(self, request: Request) -> Response:
        """Return each tag with how many strategies carry it."""
        return Response(TagCount(selectors.tags_of(caller(request)), many=True).data)

    @extend_schema(
        summary="Show a strategy with its current version",
        description="`ETag` changes with any change; send it back as `If-None-Match` or `If-Match`.",
        responses=StrategyDetail,
        parameters=[IF_NONE_MATCH],
    )
    def retrieve(self, request: Request, pk: Any = None) -> Response:
        """Return the strategy, unless the caller has it as it is."""
        strategy: Strategy = self.get_object()
        return self.tagged(strategy, StrategyDetail, strategy_etag(strategy))

    @extend_schema(
        summary="Change a strategy; new code makes a new version",
        description="Changes only what is sent. With `If-Match`, only if nobody changed it since you read it.",
        request=StrategyPatch,
        responses=StrategyDetail,
        parameters=[IF_MATCH],
    )
    def partial_update(self, request: Request, pk: Any = None) -> Response:
        """Change only what is sent."""
        found = self.get_object()
        changes = validated(StrategyPatch, request)
        with unchanged(request, found) as strategy:
            strategy = services.update_strategy(strategy=strategy, **changes)
        headers = {"ETag": strategy_etag(strategy)}
        return Response(StrategyDetail(strategy).data, headers=headers)

    @extend_schema(
        summary="Delete a strategy with its history",
        description="Versions, runs and executions go with it. Refused with 409 while a run works on it.",
        responses={204: None},
        parameters=[IF_MATCH],
    )
    def destroy(self, request: Request, pk: Any = None) -> Response:
        """Refused while a run works on it."""
        with unchanged(request, self.get_object()) as strategy:
            services.delete_strategy(strategy=strategy)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="List a strategy's backtests",
        description="Newest first unless `ordering` names a figure; failures have none and come last.",
        responses=ExecutionSummary(many=True),
    )
    @action(detail=True, methods=["get"])
    def execution_history(self, request: Request, pk: Any = None) -> Response:
        """Return each execution with its metrics."""
        rows = selectors.executions_of(request.user).filter(strategy=self.get_object())
        return self.page_of(selectors.executions_matching(rows, **self.wanted()), ExecutionSummary)

    @extend_schema(
        summary="List the verdicts of a strategy's reviewers",
        description="Newest first. `status` of the strategy is that of the newest one, unless its owner changed it.",
        responses=ReviewDetail(many=True),
    )
    @action(detail=True, methods=["get"])
    def reviews(self, request: Request, pk: Any = None) -> Response:
        """Return each verdict with its reason."""
        rows = self.get_object().reviews.select_related("version", "reviewer").defer("version__code", "version__spec")
        return self.page_of(rows, ReviewDetail)

    @extend_schema(
        summary="List the indicators",
        description="What descriptions can name and strategies can import, the core ones first.",
        responses=IndicatorDetail(many=True),
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def available_indicators(self, request: Request) -> Response:
        """Return what descriptions can name and strategies can import; `search` narrows it down."""
        found = indicators.indicators(search=self.query.get("search", ""))
        return Response(IndicatorDetail(found, many=True).data)
