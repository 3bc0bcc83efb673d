"""Strategies, and the work that can be asked for on them."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from strategy_api import catalogue, selectors, serializers, services
from strategy_api.conditional import strategy_etag, unchanged
from strategy_api.models import Strategy
from strategy_api.schema import ACCEPTED, IF_MATCH, IF_NONE_MATCH, PREFER
from strategy_api.serializers.queries import ExecutionList, IndicatorList, Page, StrategyList
from strategy_api.views.accepting import accepted, caller, once, valid
from strategy_api.views.resources import Resource
from strategy_api.views.versions import VersionActions


class StrategyViewSet(VersionActions, Resource):
    """A strategy belongs to its owner; to others it does not exist."""

    queryset = Strategy.objects.none()
    serializer_class = serializers.StrategyDetail
    queries = {
        "list": StrategyList,
        "execution_history": ExecutionList,
        "versions": Page,
        "reviews": Page,
        "available_indicators": IndicatorList,
    }
    sparse = {
        "list": serializers.StrategySummary,
        "retrieve": serializers.StrategyDetail,
        "execution_history": serializers.ExecutionSummary,
    }
    rates = {"generate_with_ai": "generate", "execute": "execute", "fix_errors": "execute"}

    def get_queryset(self) -> QuerySet[Strategy]:
        """Return what this user may see."""
        return selectors.strategies_of(self.request.user)

    @extend_schema(
        summary="List strategies",
        description="Newest first unless `ordering` says otherwise. Filter by status, tag and time; search by words.",
        responses=serializers.StrategySummary(many=True),
    )
    def list(self, request: Request) -> Response:
        """Return one page."""
        rows = selectors.strategies_matching(self.get_queryset(), **self.wanted())
        return self.page_of(rows, serializers.StrategySummary)

    @extend_schema(
        summary="Create a strategy by hand",
        description="Stores code as the first version of a new strategy; nothing is executed.",
        request=serializers.StrategyCreate,
        responses={201: serializers.StrategyDetail, 200: serializers.StrategyDetail},
    )
    def create(self, request: Request) -> Response:
        """Store code as the first version of a new strategy; nothing is executed."""
        submitted = services.create_strategy(
            owner=caller(request), once=once(request), **valid(serializers.StrategyCreate, request)
        )
        headers = {
            "Location": reverse("strategy-detail", [submitted.made.pk], request=request),
            "ETag": strategy_etag(submitted.made),
        }
        if submitted.replayed:
            headers["Idempotent-Replayed"] = "true"
        return Response(
            serializers.StrategyDetail(submitted.made).data,
            status=status.HTTP_200_OK if submitted.replayed else status.HTTP_201_CREATED,
            headers=headers,
        )

    @extend_schema(
        summary="Show a strategy with its current version",
        description="`ETag` changes with any change; send it back as `If-None-Match` or `If-Match`.",
        responses=serializers.StrategyDetail,
        parameters=[IF_NONE_MATCH],
    )
    def retrieve(self, request: Request, pk: Any = None) -> Response:
        """Return the strategy, unless the caller has it as it is."""
        strategy: Strategy = self.get_object()
        return self.tagged(strategy, serializers.StrategyDetail, strategy_etag(strategy))

    @extend_schema(
        summary="Change a strategy; new code makes a new version",
        description="Changes only what is sent. With `If-Match`, only if nobody changed it since you read it.",
        request=serializers.StrategyPatch,
        responses=serializers.StrategyDetail,
        parameters=[IF_MATCH],
    )
    def partial_update(self, request: Request, pk: Any = None) -> Response:
        """Change only what is sent."""
        found = self.get_object()
        changes = valid(serializers.StrategyPatch, request)
        with unchanged(request, found) as strategy:
            strategy = services.update_strategy(strategy=strategy, **changes)
        headers = {"ETag": strategy_etag(strategy)}
        return Response(serializers.StrategyDetail(strategy).data, headers=headers)

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
        summary="Write a strategy from a description",
        description="Queues the generation, and with `execute_after_generation` its first backtest.",
        request=serializers.GenerateRequest,
        responses=ACCEPTED,
        parameters=[PREFER],
    )
    @action(detail=False, methods=["post"])
    def generate_with_ai(self, request: Request) -> Response:
        """Queue the generation, and with `execute_after_generation` its first backtest."""
        asked = valid(serializers.GenerateRequest, request)
        return accepted(request, services.submit_generation(owner=caller(request), once=once(request), **asked))

    @extend_schema(
        summary="Backtest a strategy",
        description="Queues a backtest of the current version, or of the version named.",
        request=serializers.ExecuteRequest,
        responses=ACCEPTED,
        parameters=[PREFER],
    )
    @action(detail=True, methods=["post"])
    def execute(self, request: Request, pk: Any = None) -> Response:
        """Queue a backtest of the current version, or of another."""
        strategy = self.get_object()
        asked = valid(serializers.ExecuteRequest, request)
        return accepted(
            request,
            services.submit_execution(owner=caller(request), strategy=strategy, once=once(request), **asked),
        )

    @extend_schema(
        summary="Mend a strategy that fails",
        description="Queues diagnosis and repair of the current version; every attempt becomes a version of its own.",
        request=serializers.FixRequest,
        responses=ACCEPTED,
        parameters=[PREFER],
    )
    @action(detail=True, methods=["post"])
    def fix_errors(self, request: Request, pk: Any = None) -> Response:
        """Queue diagnosis and repair of the current version; every attempt becomes a version of its own."""
        strategy = self.get_object()
        asked = valid(serializers.FixRequest, request)
        return accepted(
            request, services.submit_fix(owner=caller(request), strategy=strategy, once=once(request), **asked)
        )

    @extend_schema(
        summary="List a strategy's backtests",
        description="Newest first unless `ordering` names a figure; failures have none and come last.",
        responses=serializers.ExecutionSummary(many=True),
    )
    @action(detail=True, methods=["get"])
    def execution_history(self, request: Request, pk: Any = None) -> Response:
        """Return each execution with its metrics."""
        rows = selectors.executions_of(request.user).filter(strategy=self.get_object())
        return self.page_of(selectors.executions_matching(rows, **self.wanted()), serializers.ExecutionSummary)

    @extend_schema(
        summary="List the verdicts of a strategy's reviewers",
        description="Newest first. `status` of the strategy is that of the newest one, unless its owner changed it.",
        responses=serializers.ReviewDetail(many=True),
    )
    @action(detail=True, methods=["get"])
    def reviews(self, request: Request, pk: Any = None) -> Response:
        """Return each verdict with its reason."""
        rows = self.get_object().reviews.select_related("version", "reviewer")
        return self.page_of(rows, serializers.ReviewDetail)

    @extend_schema(
        summary="List the indicators",
        description="What descriptions can name and strategies can import, the core ones first.",
        responses=serializers.IndicatorDetail(many=True),
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def available_indicators(self, request: Request) -> Response:
        """Return what descriptions can name and strategies can import; `search` narrows it down."""
        found = catalogue.indicators(search=self.query.get("search", ""))
        return Response(serializers.IndicatorDetail(found, many=True).data)
