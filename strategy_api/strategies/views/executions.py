"""Executions: metrics, trades, equity, and a picture to move around in."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from strategy_api.accounts.viewsets import OwnedViewSet
from strategy_api.common.lazy import lazily
from strategy_api.common.openapi.schema import json_or_csv
from strategy_api.common.renderers import CSVRenderer, HTMLRenderer, StrictJSONRenderer
from strategy_api.strategies import equity_curves, selectors, services
from strategy_api.strategies.models import Execution
from strategy_api.strategies.serializers.executions import (
    EquityPoint,
    ExecutionDetail,
    ExecutionSummary,
    ReplayPage,
    TradeRow,
)
from strategy_api.strategies.serializers.queries import ExecutionQuery, ReplayQuery

# Drawn by bokeh, which takes longer to import than all the rest.
report_page = lazily("strategy_api.strategies.reports.report_page")
replay_page = lazily("strategy_api.strategies.replays.page")

# Which of the heavy columns an answer shows.
SHOWN = {
    "retrieve": ("log",),
    "trades": ("trades",),
    "equity": ("equity",),
    "report": ("trades", "equity"),
    "replay": ("trades", "version__spec"),
}


@extend_schema_view(
    retrieve=extend_schema(
        summary="Show a backtest with its metrics",
        description="With the broker settings, data, parameters and versions that give the same numbers again.",
    )
)
class ExecutionViewSet(mixins.RetrieveModelMixin, OwnedViewSet):
    """An execution belongs to the owner of its strategy."""

    queryset = Execution.objects.none()
    serializer_class = ExecutionDetail
    queries = {"list": ExecutionQuery, "replay": ReplayQuery}
    problems = {"replay": ("bars_not_at_hand",)}
    sparse = {"list": ExecutionSummary, "retrieve": ExecutionDetail}

    def get_queryset(self) -> QuerySet[Execution]:
        """Return what this user may see."""
        rows = selectors.executions_of(self.request.user).select_related("version__strategy")
        shown = SHOWN.get(self.action, ())
        return rows.defer(None).defer(*(column for column in selectors.HEAVY if column not in shown))

    @extend_schema(
        summary="List backtests of all strategies",
        description="Newest first unless `ordering` names a figure; failures have none and come last.",
        responses=ExecutionSummary(many=True),
    )
    def list(self, request: Request) -> Response:
        """Return one page."""
        rows = selectors.executions_matching(selectors.executions_of(request.user), **self.wanted())
        return self.page_of(rows, ExecutionSummary)

    @extend_schema(
        summary="Delete a backtest",
        description="With its trades and its curve; the run that made it stays.",
        responses={204: None},
    )
    def destroy(self, request: Request, pk: Any = None) -> Response:
        """Remove a backtest."""
        services.delete_execution(execution=self.get_object())
        return Response(status=204)

    @extend_schema(
        summary="List the trades",
        description="Every closed trade, oldest first, as JSON or CSV.",
        responses=json_or_csv(TradeRow),
    )
    @action(detail=True, methods=["get"], renderer_classes=[StrictJSONRenderer, CSVRenderer], pagination_class=None)
    def trades(self, request: Request, pk: Any = None) -> Response:
        """Return every closed trade, oldest first."""
        return Response(self.get_object().trades)

    @extend_schema(
        summary="Show the equity curve",
        description="The account's value after each bar, as JSON or CSV.",
        responses=json_or_csv(EquityPoint),
    )
    @action(detail=True, methods=["get"], renderer_classes=[StrictJSONRenderer, CSVRenderer], pagination_class=None)
    def equity(self, request: Request, pk: Any = None) -> Response:
        """Return the account's value after each bar."""
        return Response(equity_curves.points(self.get_object().equity))

    @extend_schema(
        summary="Step through a backtest",
        description=(
            "Bars as columns, with the indicators of the rules, and orders, fills and reasons by bar index, from "
            "`start` on; `next` is where to go on. Bar 0 is the first on which trading was possible."
        ),
        responses=ReplayPage,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def replay(self, request: Request, pk: Any = None) -> Response:
        """Return one page of bars with what happened on them."""
        return Response(replay_page(self.get_object(), after=self.query["start"], size=self.query["page_size"]))

    @extend_schema(
        summary="Show the interactive report",
        description="One self-contained page, on an origin of its own: it may run its own script and nothing else.",
        responses={(200, "text/html"): OpenApiResponse(OpenApiTypes.STR)},
    )
    @action(detail=True, methods=["get"], renderer_classes=[HTMLRenderer], pagination_class=None)
    def report(self, request: Request, pk: Any = None) -> HttpResponse:
        """Return one self-contained page; it may run its own script and nothing else."""
        page = report_page(self.get_object())
        return HttpResponse(
            page,
            content_type="text/html; charset=utf-8",
            headers={
                # An origin of its own: whatever a strategy's name might smuggle in, it can reach nothing of ours.
                "Content-Security-Policy": (
                    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
                    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:"
                ),
            },
        )
