"""The last hand on the OpenAPI document: problems with their codes, examples of everything, and sparse answers."""

import copy
from http import HTTPStatus
from typing import Any

from strategy_api.common.openapi import examples
from strategy_api.common.openapi.error_codes import catalogue
from strategy_api.common.openapi.schema import OWN_PROBLEMS
from strategy_api.common.problems import MEDIA_TYPE, problem

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
# Each event of a stream; `data` is JSON.
_EVENT = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "event": {"type": "string"}, "data": {"type": "string"}},
    "required": ["id", "event", "data"],
}
_METHODS = ("get", "post", "patch", "delete", "put")


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add to every operation what the views don't say."""
    components = result["components"]["schemas"]
    for path, operations in result["paths"].items():
        for method in _METHODS:
            if method in operations:
                _describe_problems(path, method, operations[method])
    for name, component in components.items():
        if name.endswith("Request") and "properties" in component:
            component["additionalProperties"] = False
    for operation in _operations(result):
        _require_the_body(operation, components)
        _allow_missing_fields(operation, components)
        _give_examples(operation)
    used = sorted({code for operation in _operations(result) for code in _named_in(operation)})
    result["components"]["examples"] = {code: _example(code) for code in used}
    result["servers"] = [{"url": "/", "description": "Where this document comes from."}]
    return result


def _operations(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [path[method] for path in result["paths"].values() for method in _METHODS if method in path]


def _named_in(operation: dict[str, Any]) -> list[str]:
    contents = (answer.get("content", {}).get(MEDIA_TYPE, {}) for answer in operation["responses"].values())
    return [code for content in contents for code in content.get("examples", {})]


def _describe_problems(path: str, method: str, operation: dict[str, Any]) -> None:
    by_status: dict[int, list[str]] = {}
    for code in _codes(path, method, operation):
        entry = catalogue()[code]
        by_status.setdefault(entry.status, []).append(code)
    for status, codes in sorted(by_status.items()):
        operation["responses"][str(status)] = {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(f'`{code}`' for code in codes)}.",
            "content": {
                MEDIA_TYPE: {
                    "schema": _PROBLEM,
                    "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
                }
            },
        }
    for statuses, meaning in (("4XX", "Any other refusal."), ("5XX", "Any other failure of ours.")):
        operation["responses"][statuses] = {
            "description": f"{meaning} A problem (RFC 9457) with a stable `code`.",
            "content": {MEDIA_TYPE: {"schema": _PROBLEM}},
        }
    if any(parameter["name"] == "If-None-Match" for parameter in operation.get("parameters", ())):
        operation["responses"]["304"] = {"description": "You have it as it is."}


def _codes(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    places = {parameter["in"] for parameter in operation.get("parameters", ())}
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    codes = ["not_authenticated", "invalid_token", "token_expired", "malformed_authorization"]
    codes += ["not_acceptable", "throttled"]
    codes += ["database_unavailable", "internal_error"]
    if method != "get" or path.startswith("/api/tokens/"):
        codes.append("insufficient_scope")
    if places & {"query"} or "requestBody" in operation:
        codes.append("invalid")
    if "requestBody" in operation:
        codes += ["parse_error", "body_too_large", "unsupported_media_type"]
    if "path" in places:
        codes.append("not_found")
    if "cursor" in names:
        codes.append("invalid_cursor")
    if "Idempotency-Key" in names:
        codes += ["invalid_idempotency_key", "idempotency_key_reused", "request_in_progress"]
    if "If-Match" in names:
        codes.append("precondition_failed")
    own: list[str] = operation.pop(OWN_PROBLEMS, [])
    return codes + own


def _example(code: str) -> dict[str, Any]:
    entry = catalogue()[code]
    extra: dict[str, Any] = {"instance": "/api/strategies/"}
    if code == "invalid":
        extra["errors"] = [{"pointer": "/name", "code": "required", "detail": "This field is required."}]
    return {"summary": entry.meaning, "value": problem(code, entry.meaning, entry.status, **extra)}


def _allow_missing_fields(operation: dict[str, Any], components: dict[str, Any]) -> None:
    """Say that an answer to `fields` has only those: the whole, or a part of it."""
    if not any(parameter["name"] == "fields" for parameter in operation.get("parameters", ())):
        return
    content = operation["responses"]["200"]["content"]["application/json"]
    whole = content["schema"]["$ref"].rpartition("/")[2]
    part = _part_of(whole, components)
    content["schema"] = {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in (whole, part)]}


def _part_of(whole: str, components: dict[str, Any]) -> str:
    name = f"Some{whole}"
    if name not in components:
        part = copy.deepcopy(components[whole])
        if whole.startswith("Paginated"):
            row = part["properties"]["results"]["items"]["$ref"].rpartition("/")[2]
            part["properties"]["results"]["items"]["$ref"] = f"#/components/schemas/{_part_of(row, components)}"
        else:
            part.pop("required", None)
            part["description"] = "Only the fields that were asked for."
        components[name] = part
    return name


def _require_the_body(operation: dict[str, Any], components: dict[str, Any]) -> None:
    """Say that a body is needed where one of its fields is."""
    body = operation.get("requestBody", {})
    for content in body.get("content", {}).values():
        schema = content.get("schema", {})
        if components.get(_component(schema), schema).get("required"):
            body["required"] = True


def _give_examples(operation: dict[str, Any]) -> None:
    for content in operation.get("requestBody", {}).get("content", {}).items():
        _exemplify(*content)
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            for content in response.get("content", {}).items():
                _exemplify(*content)
    for content in operation.get("requestBody", {}).get("content", {}).items():
        if content[0] == "text/csv":
            content[1]["example"] = examples.text_of("text/csv", "DatasetDetail")
    _exemplify_text(operation)


def _exemplify(media_type: str, content: dict[str, Any]) -> None:
    schema = content.get("schema", {})
    if schema.get("type") == "array" and "$ref" in schema.get("items", {}):
        value = examples.of(_component(schema["items"]))
        content["example"] = [value] if value is not None else None
    else:
        first = schema.get("anyOf", [schema])[0]
        content["example"] = examples.of(_component(first)) if "$ref" in first else schema.get("example")
    if content["example"] is None:
        del content["example"]


def _exemplify_text(operation: dict[str, Any]) -> None:
    contents = operation["responses"].get("200", {}).get("content", {})
    schema = contents.get("application/json", {}).get("schema", {})
    row = _component(schema.get("anyOf", [schema])[0])
    if row.startswith("Paginated"):
        row = row.removeprefix("Paginated").removesuffix("List")
    if "text/csv" in contents:
        contents["text/csv"]["example"] = examples.text_of("text/csv", row)
    if "text/event-stream" in contents:
        contents["text/event-stream"] = {"schema": _EVENT, "example": examples.text_of("text/event-stream")}
    if "text/html" in contents:
        contents["text/html"]["example"] = examples.text_of("text/html")


def _component(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref") or schema.get("items", {}).get("$ref", "")).rpartition("/")[2]
