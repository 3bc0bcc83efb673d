"""Supervisions: what was found, what was tried, what was kept, and the pictures that help."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from strategy_api.accounts.viewsets import OwnedViewSet
from strategy_api.agents import selectors
from strategy_api.agents.models import Supervision
from strategy_api.agents.supervision_serializers import (
    InlineQuery,
    InsightDetail,
    SupervisionDetail,
    SupervisionQuery,
    SupervisionSummary,
    shown_insights,
)

ROWS = {
    "type": "array",
    "items": {"type": "object", "additionalProperties": True},
    "example": [{"time": "2004-08-19", "equity": 10_000.0}],
}


class SupervisionViewSet(OwnedViewSet):
    """A supervision belongs to whoever asked for it."""

    queryset = Supervision.objects.none()
    serializer_class = SupervisionDetail
    queries = {"list": SupervisionQuery, "retrieve": InlineQuery, "insights": InlineQuery}
    sparse = {"list": SupervisionSummary, "retrieve": SupervisionDetail}

    def get_queryset(self) -> QuerySet[Supervision]:
        """Return what this user may see."""
        return selectors.supervisions_of(self.request.user)

    @extend_schema(
        summary="List supervisions",
        description="Newest first. Filter by state, strategy and ending.",
        responses=SupervisionSummary(many=True),
    )
    def list(self, request: Request) -> Response:
        """Return one page."""
        rows = selectors.supervisions_matching(self.get_queryset().defer("insights"), **self.wanted())
        return self.page_of(rows, SupervisionSummary)

    @extend_schema(
        summary="Show a supervision",
        description="Every iteration: the change in words and as a diff, the figures, what is wrong with it, what was "
        "proposed and tried, whether it was kept and why, and how many tries there were; the evidence before and "
        "after. "
        "The first iteration is the strategy as it came. `inline=true` puts the rows into the pictures.",
        responses=SupervisionDetail,
    )
    def retrieve(self, request: Request, pk: Any = None) -> Response:
        """Return the supervision."""
        context = {**self.get_serializer_context(), **self.wanted()}
        return Response(SupervisionDetail(self.get_object(), context=context).data)

    @extend_schema(
        summary="Show the pictures of a supervision",
        description="Vega-Lite 5 specifications of the strategy as it stands, each with the reason why it helps. Their "
        "rows are at an address, or with `inline=true` in them: then a notebook shows them without a token.",
        responses=InsightDetail(many=True),
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def insights(self, request: Request, pk: Any = None) -> Response:
        """Return the pictures."""
        return Response(shown_insights(self.get_object(), request=request, **self.wanted()))

    @extend_schema(
        summary="Show the rows of a picture",
        description="What the picture of this name draws.",
        parameters=[OpenApiParameter("name", {"type": "string", "pattern": "^[a-z_]{1,40}$"}, "path")],
        responses={
            200: OpenApiResponse(ROWS, examples=[OpenApiExample("rows", [{"time": "2004-08-19", "equity": 10_000.0}])])
        },
    )
    @action(detail=True, methods=["get"], url_path="insights/(?P<name>[a-z_]{1,40})", pagination_class=None)
    def rows(self, request: Request, pk: Any = None, name: str = "") -> Response:
        """Return the rows."""
        for picture in self.get_object().insights:
            if picture["name"] == name:
                return Response(picture["rows"])
        raise Http404
