"""Every code that a problem can have, collected from the code itself: exception classes and where they are raised."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rest_framework import exceptions

import backtest_engine
import strategy_api
from backtest_engine import errors
from strategy_api.common import exceptions as own_exceptions
from strategy_api.common import problems

_API = Path(strategy_api.__file__).parent
_ENGINE = Path(backtest_engine.__file__).parent
# Raised by the framework, answered by us.
_FRAMEWORK: dict[type[exceptions.APIException], str] = {
    exceptions.ParseError: "The body is not what its Content-Type says.",
    exceptions.NotAuthenticated: "No token came with the request.",
    exceptions.AuthenticationFailed: "Name and password do not fit.",
    exceptions.PermissionDenied: "This may not be done.",
    exceptions.NotFound: "It does not exist, or is not yours.",
    exceptions.MethodNotAllowed: "The address does not take this method; `Allow` lists those that it takes.",
    exceptions.NotAcceptable: "None of the types in `Accept` can be served.",
    exceptions.UnsupportedMediaType: "The body's Content-Type is not one that the address takes.",
    exceptions.Throttled: "Too many requests of this kind in this minute; `Retry-After` says how long to wait.",
}
_OWN = {
    "invalid": (400, "One or more fields are not valid; `errors` lists each."),
    "internal_error": (500, "Something went wrong on our side; it was logged under the request's id."),
    "login_throttled": (429, "Too many wrong passwords."),
    "bad_request": (400, "The request cannot be understood."),
    "ambiguous_length": (400, "The length of the body is stated more than once, or is no number."),
    "body_too_slow": (408, "The body of the request took too long to arrive."),
    "package_not_installed": (422, "A package that is installed on demand is missing; `hint` says how to add it."),
    "worker_lost": (500, "Every worker that took the run died before it ended."),
}

LIMIT = re.compile(r"[a-z]+(_[a-z]+)*_limit")


@dataclass(frozen=True, kw_only=True)
class ProblemCode:
    """A code, the status it comes with, and when: in an answer at once, or as the `error` of a run."""

    code: str
    status: int
    meaning: str
    of_run: bool = False


@cache
def catalogue() -> dict[str, ProblemCode]:
    """Return every code by name."""
    found = [ProblemCode(code=code, status=status, meaning=meaning) for code, (status, meaning) in _OWN.items()]
    found += _of_framework()
    found += _of_own_exceptions()
    found += _of_engine()
    raisable = _classes(own_exceptions, exceptions.APIException) | _classes(exceptions, exceptions.APIException)
    found += _raised(_API, raisable)
    found += _raised(_ENGINE, _classes(errors, errors.AlgoAgentError))
    found += _reported_by_the_sandbox()
    unique: dict[str, ProblemCode] = {}
    for entry in found:
        unique.setdefault(entry.code, entry)
    return dict(sorted(unique.items()))


def _of_framework() -> Iterator[ProblemCode]:
    for kind, meaning in _FRAMEWORK.items():
        yield ProblemCode(code=str(kind.default_code), status=kind.status_code, meaning=meaning)


def _of_own_exceptions() -> Iterator[ProblemCode]:
    for kind in _classes(own_exceptions, exceptions.APIException).values():
        yield ProblemCode(code=str(kind.default_code), status=kind.status_code, meaning=str(kind.default_detail))


def _of_engine() -> Iterator[ProblemCode]:
    branches = (errors.AlgoAgentError, errors.RequestError, errors.VendorError)
    for kind in _classes(errors, errors.AlgoAgentError).values():
        if kind not in branches and kind is not errors.Cancelled:
            meaning = (inspect.getdoc(kind) or "").split("\n")[0]
            yield ProblemCode(code=kind.code, status=_status(kind.code), meaning=meaning, of_run=True)


def _classes(module: object, base: type) -> dict[str, Any]:
    return {name: kind for name, kind in vars(module).items() if isinstance(kind, type) and issubclass(kind, base)}


def _raised(folder: Path, classes: dict[str, type]) -> Iterator[ProblemCode]:
    """Yield the codes that are given where an error is raised, with the message that is raised with them."""
    for path in sorted(folder.rglob("*.py")):
        if path.parent == _ENGINE / "cli":  # answers nobody over HTTP
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and (kind := classes.get(_name(node.func))) is not None:
                for keyword in node.keywords:
                    if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                        yield _entry(kind, str(keyword.value.value), _text(node.args[0]) if node.args else "")


def _reported_by_the_sandbox() -> Iterator[ProblemCode]:
    """Yield the codes that travel out of the sandbox as text: rejections, and limits by their names."""
    for path in sorted((_ENGINE / "sandbox").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and _name(node.func) == "rejection"
                and isinstance(node.args[0], ast.Constant)
            ):
                message = _text(node.args[1]) if len(node.args) > 1 else ""
                yield _entry(errors.StrategyRejected, str(node.args[0].value), message)
            elif isinstance(node, ast.Constant) and LIMIT.fullmatch(str(node.value)):
                yield _entry(errors.LimitExceeded, str(node.value), "")


def _entry(kind: type, code: str, message: str) -> ProblemCode:
    said = bool(re.search("[a-z]{3}", message))  # more than the places where values are filled in
    meaning = message if said else (inspect.getdoc(kind) or "").split("\n")[0]
    if issubclass(kind, exceptions.APIException):
        return ProblemCode(code=code, status=kind.status_code, meaning=meaning)
    return ProblemCode(code=code, status=_status(code), meaning=meaning, of_run=True)


def _status(code: str) -> int:
    status: int = problems.RUN_STATUS.get(code, 422)
    return status


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _text(node: ast.expr) -> str:
    """Return a message with an ellipsis where a value is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = (str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        return re.sub(r"\s+", " ", "".join(parts))
    return ""
