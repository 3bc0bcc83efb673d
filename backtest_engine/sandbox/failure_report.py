"""Describes, inside the child, how a strategy failed. Nothing here may itself fail, whatever the exception holds."""

from types import TracebackType
from typing import Any

STRATEGY_FILE = "<strategy>"
MESSAGE_CHARACTERS = 2_000
_CHAIN = 20

Report = dict[str, Any]


def rejection(code: str, message: str, *, line: int | None = None, phase: str = "compile") -> Report:
    """Report a strategy that cannot be run."""
    return {"kind": "rejected", "code": code, "message": message, "line": line, "phase": phase}


def failure(error: BaseException, *, phase: str, source: str) -> Report:
    """Report an exception with its place in the strategy and the exception at the root of it."""
    root = _root(error)
    line, function = _place(root) or _place(error) or (None, None)
    return {
        "kind": "raised",
        "phase": phase,
        "exception_type": _type_name(error),
        "message": text_of(error),
        "root_type": _type_name(root),
        "root_message": text_of(root),
        "errno": getattr(root, "errno", None) if isinstance(root, OSError) else None,
        "line": line,
        "function": function,
        "source_line": source_line(source, line),
        "memory": isinstance(root, MemoryError) or isinstance(error, MemoryError),
    }


def syntax_failure(error: BaseException, *, source: str) -> Report:
    """Report source that Python does not accept."""
    line = getattr(error, "lineno", None)
    message = getattr(error, "msg", None) if isinstance(error, SyntaxError) else text_of(error)
    report = rejection("syntax_error", f"{_type_name(error)}: {message}", line=line if type(line) is int else None)
    return {
        **report,
        "exception_type": _type_name(error),
        "root_type": _type_name(error),
        "root_message": message,
        "source_line": source_line(source, line),
    }


def source_line(source: str, line: Any) -> str | None:
    """Return one line of the source, cut to a sensible length."""
    lines = source.splitlines()
    return lines[line - 1].strip()[:300] if type(line) is int and 0 < line <= len(lines) else None


def text_of(error: BaseException) -> str:
    """Return an exception's message, even from a hostile `__str__`."""
    try:
        return str(error)[:MESSAGE_CHARACTERS]
    except BaseException:
        return "(its message cannot be shown)"


def _type_name(error: BaseException) -> str:
    return str(type.__getattribute__(type(error), "__name__"))[:200]


def _root(error: BaseException) -> BaseException:
    """Follow `raise … from …` down, without going round in circles."""
    for _ in range(_CHAIN):
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is None:
            break
        error = cause
    return error


def _place(error: BaseException) -> tuple[int | None, str] | None:
    found = None
    step: TracebackType | None = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == STRATEGY_FILE:
            found = step.tb_lineno, step.tb_frame.f_code.co_name[:200]
        step = step.tb_next
    return found
