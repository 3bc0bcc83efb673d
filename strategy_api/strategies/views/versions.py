"""A strategy's versions: all of them, one, and what it changed."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from backtest_engine.limited import LimitReached
from strategy_api.accounts.viewsets import IMMUTABLE, OwnedViewSet
from strategy_api.common.exceptions import Busy
from strategy_api.common.openapi.schema import IF_NONE_MATCH
from strategy_api.strategies import diffs
from strategy_api.strategies.etags import version_etag
from strategy_api.strategies.models import Strategy, StrategyVersion
from strategy_api.strategies.serializers.strategies import VersionDetail, VersionDiff, VersionSummary

NUMBER = OpenApiParameter(
    "number", {"type": "integer", "minimum": 1, "maximum": 999_999}, OpenApiParameter.PATH, description="From 1."
)


class VersionActions(OwnedViewSet):
    """The part of a strategy that never changes."""

    @extend_schema(
        summary="List a strategy's versions",
        description="Newest first, without their code.",
        responses=VersionSummary(many=True),
    )
    @action(detail=True, methods=["get"])
    def versions(self, request: Request, pk: Any = None) -> Response:
        """Return every version without its code."""
        rows = self.get_object().versions.select_related("parent").defer("code", "spec", "parent__code", "parent__spec")
        return self.page_of(rows, VersionSummary)

    @extend_schema(
        summary="Show one version: code, spec, explanation",
        description="A version never changes: its `ETag` holds for good.",
        responses=VersionDetail,
        parameters=[NUMBER, IF_NONE_MATCH],
    )
    @action(detail=True, methods=["get"], url_path=r"versions/(?P<number>[0-9]{1,6})")
    def version(self, request: Request, number: str, pk: Any = None) -> Response:
        """Return one version."""
        version = self._version(number)
        return self.tagged(version, VersionDetail, version_etag(version), immutable=True)

    @extend_schema(
        summary="Show what a version changed",
        description="Against its parent, as unified text and as hunks of typed lines.",
        responses=VersionDiff,
        parameters=[NUMBER],
    )
    @action(detail=True, methods=["get"], url_path=r"versions/(?P<number>[0-9]{1,6})/diff")
    def diff(self, request: Request, number: str, pk: Any = None) -> HttpResponse:
        """Return the difference to the parent, as unified text and as hunks."""
        version = self._version(number)
        before = version.parent
        try:
            document = diffs.compared(
                diffs.document,
                before.code if before else "",
                version.code,
                number=version.number,
                parent=before.number if before else None,
            )
        except LimitReached as error:
            raise Busy from error
        # Rendered already: a difference may have a hundred thousand lines.
        return HttpResponse(document, content_type="application/json", headers={"Cache-Control": IMMUTABLE})

    def _version(self, number: str) -> StrategyVersion:
        strategy: Strategy = self.get_object()
        version = strategy.versions.select_related("parent").filter(number=int(number)).first()
        if version is None:
            raise NotFound
        return version
