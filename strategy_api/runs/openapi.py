"""What the OpenAPI document says of runs."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from strategy_api.common.openapi import examples
from strategy_api.common.serializers import ADDRESS
from strategy_api.runs import links
from strategy_api.runs.serializers import RunDetail


class LinksScheme(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # registers itself
    """The links that a run may have, those of all apps."""

    target_class = "strategy_api.runs.serializers.LinksField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Describe an address for each name."""
        return {
            "type": "object",
            "properties": dict.fromkeys(links.NAMES, ADDRESS),
            "required": ["self", "events"],
            "additionalProperties": False,
        }


PREFER = OpenApiParameter(
    "Prefer",
    str,
    OpenApiParameter.HEADER,
    description="`wait=N` holds the answer until the run has ended, at most 30 seconds.",
)
ACCEPTED = {
    202: OpenApiResponse(RunDetail, description="Accepted; `Location` names the run."),
    200: OpenApiResponse(RunDetail, description="The run, already ended."),
}

_RUN = "0b8f7c52-4a3e-4f5e-8c27-1f1f5b7c9e01"
_STRATEGY = "6f1c1d0e-6d0c-4c8a-9d0e-0d6a3a5e7b11"
_SUMMARY = {
    "id": _RUN,
    "kind": "execute",
    "state": "queued",
    "parent": None,
    "strategy": _STRATEGY,
    "version": 1,
    "attempt": 0,
    "error": None,
    "created_at": examples.AT,
    "started_at": None,
    "finished_at": None,
    "links": {
        "self": f"{examples.BASE}/runs/{_RUN}/",
        "events": f"{examples.BASE}/runs/{_RUN}/events/",
        "cancel": f"{examples.BASE}/runs/{_RUN}/cancel/",
        "strategy": f"{examples.BASE}/strategies/{_STRATEGY}/",
    },
}

examples.register(
    {
        "RunSummary": _SUMMARY,
        "RunDetail": _SUMMARY | {"parameters": {"test_symbol": "GOOG"}, "result": None},
        "EventDetail": {
            "seq": 1,
            "type": "run.queued",
            "data": {"run_kind": "execute"},
            "created_at": examples.AT,
        },
    }
)
examples.register_text(
    "text/event-stream", f'id: 1\nevent: run.queued\ndata: {{"run_kind": "execute", "at": "{examples.AT}"}}\n\n'
)
