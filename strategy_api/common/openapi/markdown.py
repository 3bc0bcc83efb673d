"""The parts of docs/api/ that are made from the code: each endpoint with curl and Python, and every error code."""

import json
import shlex
from collections.abc import Iterator
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from strategy_api.common.openapi.error_codes import ProblemCode, catalogue

MADE = "<!-- Made from the code by `make docs`; change it there. -->"
_METHODS = ("get", "post", "patch", "delete")
_ID = "$ID"
_SINGULAR = {
    "strategies": "strategy",
    "runs": "run",
    "executions": "execution",
    "tokens": "token",
    "conversations": "conversation",
    "goals": "goal",
    "studies": "study",
    "supervisions": "supervision",
    "signals": "signal",
}


def errors() -> str:
    """Return the catalogue of error codes."""
    codes = catalogue().values()
    answers = [entry for entry in codes if not entry.of_run]
    runs = [entry for entry in codes if entry.of_run]
    return "\n".join(
        [
            "# Error codes",
            "",
            MADE,
            "",
            "Every error is `application/problem+json` (RFC 9457). Decide by `code`, show `detail`.",
            "",
            "## In answers",
            "",
            *_table(answers),
            "",
            "## In runs",
            "",
            "A run that failed carries such a problem as its `error`, with the status that it would have had as an "
            "answer. The data endpoints answer with those about data at once.",
            "",
            *_table(runs),
            "",
        ]
    )


def endpoints() -> str:
    """Return every operation with what it takes, what it answers, and how to call it."""
    generator: Any = SchemaGenerator
    document: dict[str, Any] = generator().get_schema(request=None, public=True)
    lines = [
        *("# Endpoints", "", MADE, ""),
        "The examples take `$URL` and `$TOKEN` from the shell, and `api` is the client of",
        "[python-client.md](../guides/python-client.md). [errors.md](errors.md) explains the codes.",
    ]
    group = ""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                operation = item[method]
                if operation["tags"][0] != group:
                    group = operation["tags"][0]
                    lines += ["", f"## {group.capitalize()}"]
                lines += ["", *_operation(method, path, operation)]
    return "\n".join([*lines, ""])


def _table(entries: list[ProblemCode]) -> list[str]:
    rows = [f"| `{entry.code}` | {entry.status} | {entry.meaning.replace('|', '&#124;')} |" for entry in entries]
    return ["| code | status | when |", "|---|---|---|", *rows]


def _operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"### {operation['summary']}"
    yield ""
    yield f"`{method.upper()} {path}`"
    yield ""
    yield operation["description"]
    yield ""
    for parameter in operation.get("parameters", []):
        if parameter["in"] != "path":
            yield f"* `{parameter['name']}` ({parameter['in']}) {_about(parameter)}".rstrip()
    if operation.get("parameters"):
        yield ""
    bodies: dict[str, Any] = operation.get("requestBody", {}).get("content", {})
    media_type = next(iter(bodies), None)
    content = bodies.get(media_type or "", {})
    yield from _fenced("sh", _curl(method, path, media_type, content, _query(operation)))
    yield ""
    yield from _fenced("python", _python(method, path, media_type, content, _query(operation)))
    yield ""
    answers = operation["responses"].items()
    said = (f"{status} {_brief(answer)}".strip() for status, answer in answers if status.isdigit())
    yield f"Answers: {'; '.join(said)}."


def _about(parameter: dict[str, Any]) -> str:
    schema = parameter["schema"]
    choices = schema.get("enum") or schema.get("items", {}).get("enum")
    listed = f" One of {', '.join(f'`{choice}`' for choice in choices)}." if choices and len(choices) < 12 else ""
    return f"{parameter.get('description', '')}{listed}"


def _query(operation: dict[str, Any]) -> str:
    names = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter.get("required")}
    return "?symbol=GOOG" if "symbol" in names else ""


def _curl(method: str, path: str, media_type: str | None, content: dict[str, Any], query: str) -> str:
    lines = [f'curl -s "$URL{_filled(path)}{query}" -H "Authorization: Token $TOKEN"']
    if method != "get":
        lines[0] += f" -X {method.upper()}"
    if method == "post":
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    if media_type == "text/csv":
        lines.append("-H 'Content-Type: text/csv' --data-binary @bars.csv")
    elif media_type:
        lines.append(f"-H 'Content-Type: {media_type}' -d {shlex.quote(json.dumps(content.get('example', {})))}")
    return " \\\n  ".join(lines)


def _python(method: str, path: str, media_type: str | None, content: dict[str, Any], query: str) -> str:
    named = path.replace("{id}", "{" + _SINGULAR.get(path.split("/")[2], "id") + "}").replace("{number}", "2")
    address = f'f"{named}"' if "{" in named else f'"{path}{query}"'
    if media_type == "text/csv":
        return 'api.import_csv("MINE", Path("bars.csv").read_bytes())'
    if method in ("post", "patch") and media_type:
        return f"api.{method}({address}, {content.get('example', {})!r})"
    return f"api.text({address})" if path.endswith("/report/") else f"api.{method}({address})"


def _filled(path: str) -> str:
    return path.replace("{id}", _ID).replace("{number}", "2")


def _fenced(language: str, text: str) -> Iterator[str]:
    yield f"```{language}"
    yield text
    yield "```"


def _brief(answer: dict[str, Any]) -> str:
    description = str(answer.get("description", "")).rstrip(".")
    return description.partition(": ")[2] or description
