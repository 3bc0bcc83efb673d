"""What decides an answer, as one hash: equal requests are answered from the record."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from backtest_engine.key_rotation.transport import estimated_tokens

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage
    from pydantic_ai.models import ModelRequestParameters

# What a message carries beside what is sent: when, by whom, what it cost. Kept apart from a tool's own arguments.
_BESIDE = frozenset(
    {
        "timestamp",
        "run_id",
        "conversation_id",
        "metadata",
        "usage",
        "provider_response_id",
        "provider_details",
        "provider_url",
        "model_id",
        "failed_attempts",
        "history_digest",
        "workspace_ref",
        "state",
    }
)
_WHOLE = frozenset({"args", "content", "parameters_json_schema", "json_schema"})
# How long to wait is no part of the question.
_UNSENT_SETTINGS = frozenset({"timeout", "max_retries", "request_timeout", "first_event_timeout"})
_ASKED = (
    "function_tools",
    "native_tools",
    "output_mode",
    "output_object",
    "output_tools",
    "prompted_output_template",
    "allow_text_output",
    "allow_image_output",
    "instruction_parts",
    "thinking",
)
_TOOL_FIELDS = ("name", "description", "parameters_json_schema", "strict", "kind", "outer_typed_dict_key")


def request_digest(
    provider: str,
    model: str,
    version: str,
    messages: "Sequence[ModelMessage]",
    settings: Mapping[str, Any] | None,
    parameters: "ModelRequestParameters",
) -> str:
    """Return the SHA-256 (hex) of the whole history, the tools, the type of the answer, and the settings."""
    whole = [provider, model, version, *_request(messages, settings, parameters)]
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=repr).encode()).hexdigest()


def input_estimate(
    messages: "Sequence[ModelMessage]", settings: Mapping[str, Any] | None, parameters: "ModelRequestParameters"
) -> int:
    """Return a number of tokens that the request rarely exceeds."""
    text = json.dumps(_request(messages, settings, parameters), ensure_ascii=False, default=repr)
    return estimated_tokens(text.encode("utf-8", "surrogatepass"))


def _request(
    messages: "Sequence[ModelMessage]", settings: Mapping[str, Any] | None, parameters: "ModelRequestParameters"
) -> list[Any]:
    from pydantic_ai.messages import ModelMessagesTypeAdapter

    history = ModelMessagesTypeAdapter.dump_python(list(messages), mode="json", warnings=False)
    ids: dict[str, str] = {}
    sent = {name: value for name, value in (settings or {}).items() if name not in _UNSENT_SETTINGS}
    asked = {name: _plain(getattr(parameters, name)) for name in _ASKED}
    return [[_essence(message, ids) for message in history], sent, asked]


def _essence(part: Any, ids: dict[str, str]) -> Any:
    """Return what is sent of a message; the ids of its tool calls, which are drawn by chance, by their order."""
    if isinstance(part, list):
        return [_essence(inner, ids) for inner in part]
    if not isinstance(part, dict):
        return part
    kept = {}
    for name, value in part.items():
        if name == "tool_call_id":
            kept[name] = ids.setdefault(str(value), f"call {len(ids)}")
        elif name in _WHOLE:
            kept[name] = value
        elif name not in _BESIDE:
            kept[name] = _essence(value, ids)
    return kept


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    fields = [field.name for field in dataclasses.fields(value)]
    if "parameters_json_schema" in fields:
        fields = [name for name in _TOOL_FIELDS if name in fields]
    return {name: _plain(getattr(value, name)) for name in fields if not name.startswith("_")}
