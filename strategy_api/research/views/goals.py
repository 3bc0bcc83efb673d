"""Goals: what was tried, what is sealed, and who opened it."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from strategy_api.accounts.choices import TokenScope
from strategy_api.accounts.idempotency import Answer, answer_once, keyed
from strategy_api.accounts.permissions import caller
from strategy_api.accounts.viewsets import OwnedViewSet
from strategy_api.common.validation import validated
from strategy_api.research import goals, selectors
from strategy_api.research.models import Goal
from strategy_api.research.queries import GoalQuery, TrialQuery
from strategy_api.research.serializers.goals import GoalSummary, TrialRow
from strategy_api.research.serializers.requests import OpenSealRequest


class GoalViewSet(OwnedViewSet):
    """A goal belongs to the owner of its strategies."""

    queryset = Goal.objects.none()
    serializer_class = GoalSummary
    queries = {"list": GoalQuery, "trials": TrialQuery}
    sparse = {"list": GoalSummary, "retrieve": GoalSummary, "trials": TrialRow}
    # A person's act: agents and runs hold less.
    scopes = {"open_seal": TokenScope.ADMIN}
    problems = {"open_seal": ("reason_required", "nothing_sealed")}

    def get_queryset(self) -> QuerySet[Goal]:
        """Return what this user may see."""
        return selectors.goals_of(self.request.user)

    @extend_schema(
        summary="List goals",
        description="Newest first, with the tries of each and what was seen of its sealed bars.",
        responses=GoalSummary(many=True),
    )
    def list(self, request: Request) -> Response:
        """Return one page."""
        page = selectors.with_strategies(self.paginate_queryset(self.get_queryset()) or [])
        rows = GoalSummary(page, many=True, context=self.get_serializer_context()).data
        return self.get_paginated_response(rows)

    @extend_schema(
        summary="Show a goal",
        description="How often it was tried, from when on its bars are sealed, and who has seen them.",
        responses=GoalSummary,
    )
    def retrieve(self, request: Request, pk: Any = None) -> Response:
        """Return the goal."""
        return Response(self._shown(self.get_object()))

    @extend_schema(
        summary="List the tries of a goal",
        description="Every candidate that was evaluated, whoever asked: the same candidate is one row.",
        responses=TrialRow(many=True),
    )
    @action(detail=True, methods=["get"])
    def trials(self, request: Request, pk: Any = None) -> Response:
        """Return one page of tries."""
        return self.page_of(self.get_object().trials.all(), TrialRow)

    @extend_schema(
        summary="Open the seal of a goal",
        description="Writes down that a person looks at the sealed bars. It needs a token of scope `admin` or a "
        "session; a second time needs a reason. Every opening is counted and shown for ever.",
        request=OpenSealRequest,
        responses=GoalSummary,
    )
    @action(detail=True, methods=["post"])
    def open_seal(self, request: Request, pk: Any = None) -> Response:
        """Record the opening."""
        goal = self.get_object()
        asked = validated(OpenSealRequest, request)

        def do() -> Answer:
            goals.open_seal(goal=goal, by=caller(request), reason=asked.get("reason", ""))
            return Answer(status=200, body=self._shown(self.get_queryset().get(pk=goal.pk)))

        return answer_once(keyed(request), do).response()

    def _shown(self, goal: Goal) -> Any:
        (found,) = selectors.with_strategies([goal])
        return GoalSummary(found, context=self.get_serializer_context()).data
