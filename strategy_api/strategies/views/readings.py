"""Readings: how a description is understood, before anything is made of it."""

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from strategy_api.accounts.choices import TokenScope
from strategy_api.accounts.idempotency import Answer, answer_once, keyed
from strategy_api.common.validation import validated
from strategy_api.strategies.readings import read_description
from strategy_api.strategies.serializers.readings import ReadingDetail
from strategy_api.strategies.serializers.requests import ReadingRequest


class ReadingView(APIView):
    """Says how a description is understood; writes nothing."""

    scopes = {"post": TokenScope.READ}
    problems = {"post": ("invalid_answer",)}

    @extend_schema(
        operation_id="readings_create",
        summary="Say how a description is understood",
        description=(
            "Writes nothing. `spec` is there once nothing is open. Each sentence that was not understood is a question "
            "with options; send their ids, or free words, back as `answers`, here or to `generate_with_ai`."
        ),
        request=ReadingRequest,
        responses=ReadingDetail,
    )
    def post(self, request: Request) -> Response:
        """Return the reading."""
        asked = validated(ReadingRequest, request)

        def do() -> Answer:
            return Answer(status=status.HTTP_200_OK, body=ReadingDetail(read_description(**asked)).data)

        return answer_once(keyed(request), do).response()
