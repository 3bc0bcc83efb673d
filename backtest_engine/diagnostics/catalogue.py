"""The catalogue of failures as a page for people."""

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter

from backtest_engine.diagnostics.base import Failure

_FAMILIES = {
    "syntax": "Text that Python cannot read",
    "import": "Imports",
    "api": "API that does not exist",
    "structure": "Structure",
    "indicator": "Indicators",
    "data": "Data",
    "runtime": "Errors while running",
    "order": "Orders",
    "pandas": "pandas",
    "numpy": "NumPy",
    "datetime": "Dates and times",
    "look_ahead": "Looking ahead",
    "resource": "Time, memory and output",
    "sandbox": "Reaching out of the sandbox",
    "tamper": "Tampering",
    "injection": "Instructions to the reader",
    "state": "State and chance",
    "zero_trades": "No trades",
    "semantics": "Other than described",
}
_INTRODUCTION = """\
# What goes wrong with strategies

Written by `python -m backtest_engine.diagnostics`; do not edit it by hand.

Each kind of failure is one file in `backtest_engine/diagnostics/kinds/`. **Fatal** does not run, or must not.
**Error** runs and gives numbers that nobody should believe. **Warning** deserves a look, **note** is worth knowing.
*Mended by a rule* means that no model is needed; *a guess* is called mended only after it was compared with the
description.
"""


def catalogue(failures: Iterable[Failure]) -> str:
    """Return the page, in the order of the families."""
    parts = [_INTRODUCTION]
    for family, members in groupby(failures, key=attrgetter("family")):
        parts.append(f"## {_FAMILIES[family]} (`{family}`)\n")
        parts.extend(_entry(failure) for failure in members)
    return "\n".join(parts)


def _entry(failure: Failure) -> str:
    lines = [
        f"### `{failure.code}`: {failure.title}\n",
        f"{failure.severity.capitalize()}. {_mending(failure)}\n",
        f"{failure.explanation} {failure.hint}\n",
        _fenced(failure.example),
    ]
    if failure.example_intended is not None:
        lines.append("where this was asked for:\n\n" + _fenced(failure.example_intended))
    return "\n".join(lines)


def _mending(failure: Failure) -> str:
    if failure.rewrite is None:
        return "Not mended by a rule."
    return "Mended by a rule, as a guess." if failure.rewrite_guesses else "Mended by a rule."


def _fenced(code: str) -> str:
    fence = "````" if "```" in code else "```"
    return f"{fence}python\n{code.rstrip()}\n{fence}\n"
