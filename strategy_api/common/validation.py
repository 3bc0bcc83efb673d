"""Validating request bodies."""

from typing import Any

from rest_framework.request import Request

from strategy_api.common.exceptions import Contradiction
from strategy_api.common.fields import StrictSerializer


def validated(serializer: type[StrictSerializer], request: Request) -> dict[str, Any]:
    """Return the validated body; raise a problem that lists each field."""
    return checked(serializer, request.data)


def checked(serializer: type[StrictSerializer], data: Any) -> dict[str, Any]:
    """Return what a body says, validated; raise a problem that lists each field."""
    body = serializer(data=data)
    body.is_valid(raise_exception=True)
    values: dict[str, Any] = body.validated_data
    if contradictions := body.contradictions(values):
        raise Contradiction(contradictions)
    return values
