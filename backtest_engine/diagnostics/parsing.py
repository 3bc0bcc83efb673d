"""Text that does not parse yet: what the parser says about it, and whether a change brought it nearer to parsing."""

import re

from backtest_engine.diagnostics.source import Source

_CLOSE = {"(": ")", "[": "]", "{": "}"}


def position(source: Source) -> tuple[int, int]:
    """Return line and column of the syntax error, a place after the end when there is none."""
    error = source.syntax_error
    if error is None:
        return (len(source.lines) + 1, 0)
    return (error.lineno or 0, error.offset or 0)


def complaint(source: Source) -> str:
    """Return what the parser complains about, empty for text that parses."""
    return str(source.syntax_error.msg) if source.syntax_error else ""


def missing_brackets(line: str) -> str:
    """Return the brackets that a line opens and does not close, as they would have to be closed."""
    stack: list[str] = []
    for sign in re.sub(r"'[^']*'|\"[^\"]*\"|#.*", "", line):
        if sign in _CLOSE:
            stack.append(_CLOSE[sign])
        elif stack and sign == stack[-1]:
            stack.pop()
    return "".join(reversed(stack))


def nearer(source: Source, code: str | None) -> bool:
    """Whether changed text parses, or at least fails further down."""
    if code is None or code == source.code:
        return False
    after = Source(code)
    if after.tree is not None:
        return True
    missing_end = "never closed" in complaint(source) or "unterminated" in complaint(source)
    return not missing_end and position(after)[0] > position(source)[0]


def with_line(source: Source, number: int, text: str) -> str:
    """Return the text with one line replaced."""
    lines = list(source.lines)
    lines[number - 1] = text
    return "\n".join(lines)


def until_stuck(code: str, step: object, *, times: int = 20) -> str:
    """Apply a step as long as it brings the text nearer to parsing."""
    for _ in range(times):
        source = Source(code)
        changed = step(source) if callable(step) and source.tree is None else None
        if not isinstance(changed, str) or not nearer(source, changed):
            break
        code = changed
    return code
