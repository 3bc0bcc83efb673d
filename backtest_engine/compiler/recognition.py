"""Whether a stored text is what a specification compiles to, so that nobody need be protected from reading it."""

import re
from collections.abc import Iterator
from typing import Final

from backtest_engine.compiled_code import CompiledCode

# What the words of a long description may add to a module as comments.
MOST_CHARACTERS: Final = 20_000

_CLASS = re.compile(r"^class (\w+)\(Strategy\):$", re.MULTILINE)
_QUOTES = '"""'


def class_name_in(code: str) -> str | None:
    """Return the name of the last class that is written as the compiler writes it, in linear time."""
    found = _CLASS.findall(code[:MOST_CHARACTERS])
    return found[-1] if found else None


def recognised(code: str, compiled: CompiledCode) -> str:
    """Return a text as `CompiledCode` where it differs from what the compiler wrote in comments only, else as it is.

    Comments hold the words of the user: nothing runs them.
    """
    if len(code) <= MOST_CHARACTERS and list(_lines(code)) == list(_lines(compiled)):
        return CompiledCode(code)
    return code


def _lines(code: str) -> Iterator[str]:
    """Yield the lines of a module without its docstring and without those that are comments."""
    if code.startswith(_QUOTES):
        _, _, code = code[len(_QUOTES) :].partition(_QUOTES)
    return (line for line in code.split("\n") if not line.lstrip().startswith("#"))
