"""Language models, for the staff who pay for them: the health of keys, and the money."""

from datetime import UTC, datetime

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from strategy_api.accounts.permissions import HasScope
from strategy_api.llm import budget, language_models
from strategy_api.llm.serializers import BudgetDetail, KeyState


class KeyList(APIView):
    """The health of every key, for every configured model; keys by fingerprint."""

    permission_classes = [HasScope, IsAdminUser]

    @extend_schema(
        operation_id="keys_list",
        summary="Show the health of every key",
        description="For staff. Keys are named by their fingerprint; with the reason for a rest, and its end.",
        responses=KeyState(many=True),
    )
    def get(self, request: Request) -> Response:
        """List keys with their state, the reason for a rest and its end, and what was asked with them."""
        rows = [
            {**row, "until": None if row["until"] is None else datetime.fromtimestamp(row["until"], UTC)}
            for row in language_models.key_states()
        ]
        return Response(KeyState(rows, many=True).data)


class BudgetView(APIView):
    """The day's budget for language models."""

    permission_classes = [HasScope, IsAdminUser]

    @extend_schema(
        operation_id="budget_retrieve",
        summary="Show the day's budget for language models",
        description="For staff. What may be spent, what was spent on what and by whom, and when the day ends.",
        responses=BudgetDetail,
    )
    def get(self, request: Request) -> Response:
        """Return what may be spent, what was spent on what and by whom, and when the day ends."""
        return Response(BudgetDetail(budget.summary()).data)
