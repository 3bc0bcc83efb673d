"""What the OpenAPI document says beyond what the views already tell: headers, queries, security, problems, examples."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.serializers import Serializer

# The extension that carries an operation's own error codes to the postprocessing.
OWN_PROBLEMS = "x-own-problems"

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    OpenApiParameter.HEADER,
    description="Repeat a request safely: the same key and request give the same answer, another request 422.",
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


def json_or_csv(row: type[Serializer], *, many: bool = True) -> dict[Any, Any]:
    """Describe rows that can be had either way."""
    return {(200, "application/json"): row(many=many), (200, "text/csv"): OpenApiTypes.STR}


class Schema(AutoSchema):
    """Reads what our views declare: queries, sparse fields, and that every POST takes an Idempotency-Key."""

    def get_tags(self) -> list[str]:
        """Group by the first word of the path."""
        return [self.path.removeprefix("/api/").partition("/")[0]]

    def get_override_parameters(self) -> list[Any]:
        """Add the query string, and the headers that the method takes."""
        action = getattr(self.view, "action", "")
        parameters: list[Any] = list(super().get_override_parameters())
        if query := getattr(self.view, "queries", {}).get(action):
            parameters.append(query)
        if shown := getattr(self.view, "sparse", {}).get(action):
            parameters.append(_fields(shown.Meta.fields))
        if self.method == "POST":
            parameters.append(IDEMPOTENCY_KEY)
        return parameters

    def get_extensions(self) -> dict[str, Any]:
        """Name the error codes that are this operation's own; `postprocess` describes them, and removes the mark."""
        action = getattr(self.view, "action", None) or self.method.lower()
        own = getattr(self.view, "problems", {}).get(action, ())
        return {**super().get_extensions(), **({OWN_PROBLEMS: list(own)} if own else {})}


def _fields(names: list[str]) -> OpenApiParameter:
    return OpenApiParameter(
        "fields",
        {"type": "array", "minItems": 1, "items": {"type": "string", "enum": list(names)}},
        OpenApiParameter.QUERY,
        explode=False,
        style="form",
        description="Only these fields, with commas between them.",
    )
