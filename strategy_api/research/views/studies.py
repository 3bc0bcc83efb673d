"""Studies: what was asked, what came of it, and every candidate that was tried."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from strategy_api.accounts.viewsets import OwnedViewSet
from strategy_api.common.openapi.schema import json_or_csv
from strategy_api.common.renderers import CSVRenderer, HTMLRenderer, StrictJSONRenderer
from strategy_api.research import selectors
from strategy_api.research.models import Study
from strategy_api.research.queries import StudyQuery, StudyTrialQuery
from strategy_api.research.reports import study_page
from strategy_api.research.serializers.studies import StudyDetail, StudySummary, StudyTrialRow

COLUMNS = [name if name != "error" else "error_code" for name in StudyTrialRow.Meta.fields]


class StudyViewSet(mixins.RetrieveModelMixin, OwnedViewSet):
    """A study belongs to whoever asked for it."""

    queryset = Study.objects.none()
    serializer_class = StudyDetail
    queries = {"list": StudyQuery, "trials": StudyTrialQuery}
    sparse = {"list": StudySummary, "retrieve": StudyDetail, "trials": StudyTrialRow}

    def get_queryset(self) -> QuerySet[Study]:
        """Return what this user may see."""
        return selectors.studies_of(self.request.user)

    @extend_schema(
        summary="List studies",
        description="Newest first. Filter by kind, state, strategy and goal.",
        responses=StudySummary(many=True),
    )
    def list(self, request: Request) -> Response:
        """Return one page."""
        rows = selectors.studies_matching(self.get_queryset().defer("result"), **self.wanted())
        return self.page_of(rows, StudySummary)

    @extend_schema(
        summary="Show a study with its result",
        description="`result` is null until its run has ended; the run says how far it is.",
        responses=StudyDetail,
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the study."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        summary="List the candidates of a study",
        description="In the order in which they were planned unless `ordering` says otherwise. As CSV all of them, "
        "with a column for each parameter.",
        responses=json_or_csv(StudyTrialRow),
    )
    @action(detail=True, methods=["get"], renderer_classes=[StrictJSONRenderer, CSVRenderer])
    def trials(self, request: Request, pk: Any = None) -> Response:
        """Return one page of candidates, or the whole table."""
        study = self.get_object()
        if isinstance(request.accepted_renderer, CSVRenderer):
            return Response(list(selectors.table_of(study, COLUMNS)))
        return self.page_of(study.trials.defer("blocks"), StudyTrialRow)

    @extend_schema(
        summary="Show a study as pictures",
        description="One self-contained page: the heat map, the windows or the readings, and the evidence.",
        responses={(200, "text/html"): OpenApiResponse(OpenApiTypes.STR)},
    )
    @action(detail=True, methods=["get"], renderer_classes=[HTMLRenderer], pagination_class=None)
    def report(self, request: Request, pk: Any = None) -> HttpResponse:
        """Return one self-contained page without any script."""
        return HttpResponse(
            study_page(self.get_object()),
            content_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'"},
        )
