"""What the OpenAPI document says beyond what the views already tell: headers, queries, security, problems, examples."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.serializers import Serializer

from strategy_api import serializers

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    OpenApiParameter.HEADER,
    description="Repeat a request safely: the same key and request give the same answer, another request 422.",
)
PREFER = OpenApiParameter(
    "Prefer",
    str,
    OpenApiParameter.HEADER,
    description="`wait=N` holds the answer until the run has ended, at most 30 seconds.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="Do it only if the object still has this `ETag`; 412 when somebody changed it.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="Answer 304 without a body if the object still has this `ETag`.",
)
ACCEPTED = {
    202: OpenApiResponse(serializers.RunDetail, description="Accepted; `Location` names the run."),
    200: OpenApiResponse(serializers.RunDetail, description="The run, already ended."),
}


def json_or_csv(row: type[Serializer], *, many: bool = True) -> dict[Any, Any]:
    """Describe rows that can be had either way."""
    return {(200, "application/json"): row(many=many), (200, "text/csv"): OpenApiTypes.STR}


class Schema(AutoSchema):
    """Reads what our views declare: queries, sparse fields, and that every POST takes an Idempotency-Key."""

    def get_tags(self) -> list[str]:
        """Group by the first word of the path."""
        return [self.path.removeprefix("/api/").partition("/")[0]]

    def get_override_parameters(self) -> list[Any]:
        """Add what stands behind the question mark, and the headers that the method takes."""
        action = getattr(self.view, "action", "")
        parameters: list[Any] = list(super().get_override_parameters())
        if query := getattr(self.view, "queries", {}).get(action):
            parameters.append(query)
        if shown := getattr(self.view, "sparse", {}).get(action):
            parameters.append(_fields(shown.Meta.fields))
        if self.method == "POST":
            parameters.append(IDEMPOTENCY_KEY)
        return parameters


def _fields(names: list[str]) -> OpenApiParameter:
    return OpenApiParameter(
        "fields",
        {"type": "array", "minItems": 1, "items": {"type": "string", "enum": list(names)}},
        OpenApiParameter.QUERY,
        explode=False,
        style="form",
        description="Only these fields, with commas between them.",
    )


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """How to say who you are."""

    target_class = "strategy_api.access.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Describe the header."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token <your token>`. Tokens are named, expire, and have a scope: read, run or admin.",
        }


class PasswordScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """How to get the first token."""

    target_class = "strategy_api.access.PasswordAuthentication"
    name = "password"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Describe HTTP Basic."""
        return {"type": "http", "scheme": "basic", "description": "Name and password, to get a token with."}
