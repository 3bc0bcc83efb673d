"""The routes of the kinds of run: one POST each, made from the kind's record."""

from typing import Any

from django.urls import URLPattern, re_path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from strategy_api.accounts import audit
from strategy_api.accounts.permissions import caller
from strategy_api.accounts.viewsets import UUID
from strategy_api.common.validation import validated
from strategy_api.runs import kinds, services
from strategy_api.runs.kinds import RunKind
from strategy_api.runs.models import Run
from strategy_api.runs.openapi import ACCEPTED, PREFER
from strategy_api.runs.responses import accepted


class SubmitView(APIView):
    """Validates, submits once, and answers 202 with the run."""

    kind: RunKind
    rates: dict[str, str] = {}

    def submit(self, request: Request, pk: Any = None) -> Response:
        """Queue a run of the view's kind."""
        subject = None
        if self.kind.find_subject is not None:
            subject = self.kind.find_subject(request.user, pk)
            audit.require_oversight(request, subject.owner_id)
        asked = validated(self.kind.request, request)

        def submit() -> Run:
            submission = self.kind.prepare(owner=caller(request), subject=subject, asked=dict(asked))
            return services.submit_run(owner=caller(request), kind=self.kind, submission=submission)

        response = accepted(request, submit)
        if subject is not None:
            audit.log_oversight(request, subject, str(subject.pk), subject.owner_id, f"POST {self.kind.name}")
        return response


def routes() -> list[URLPattern]:
    """Return a route for each kind that has a path."""
    return [
        re_path(f"^{kind.path.replace('{id}', f'(?P<pk>{UUID})')}$", _view(kind), name=f"submit-{kind.name}")
        for kind in kinds.all_kinds()
        if kind.path
    ]


def _view(kind: RunKind) -> Any:
    def post(self: SubmitView, request: Request, pk: Any = None) -> Response:
        return self.submit(request, pk)

    post.__doc__ = kind.description
    described = extend_schema(
        summary=kind.summary,
        description=kind.description,
        request=kind.request,
        responses=ACCEPTED,
        parameters=[PREFER, *([_ID] if "{id}" in kind.path else [])],
    )(post)
    name = f"Submit{kind.name.title().replace('_', '')}View"
    members = {
        "kind": kind,
        "post": described,
        "rates": {"post": kind.rate},
        "problems": {"post": (*kind.problems, "too_many_runs")},
        "__doc__": kind.description,
        "queryset": Run.objects.none(),
    }
    view: type[SubmitView] = type(name, (SubmitView,), members)
    return view.as_view()


_ID = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
