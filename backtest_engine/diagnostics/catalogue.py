"""The catalogue of rules as a page for people."""

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter

from backtest_engine.diagnostics.base import Rule

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

Each rule is one file in `backtest_engine/diagnostics/rules/`, in the folder of its family. **Fatal** does not run, or
must not. **Error** runs and gives numbers that nobody should believe. **Warning** deserves a look, **note** is worth
knowing.
*Repaired by a rewrite* means that no model is needed; *a guess* counts as repaired only after it was compared with the
description.
"""


def catalogue(rules: Iterable[Rule]) -> str:
    """Return the page, in the order of the families."""
    parts = [_INTRODUCTION]
    for family, members in groupby(rules, key=attrgetter("family")):
        parts.append(f"## {_FAMILIES[family]} (`{family}`)\n")
        parts.extend(_entry(rule) for rule in members)
    return "\n".join(parts)


def _entry(rule: Rule) -> str:
    lines = [
        f"### `{rule.code}`: {rule.title}\n",
        f"{rule.severity.capitalize()}. {_repair_of(rule)}\n",
        f"{rule.explanation} {rule.hint}\n",
        _fenced(rule.example),
    ]
    if rule.example_intended is not None:
        lines.append("where this was asked for:\n\n" + _fenced(rule.example_intended))
    return "\n".join(lines)


def _repair_of(rule: Rule) -> str:
    if rule.rewrite is None:
        return "Not repaired by a rewrite."
    return "Repaired by a rewrite, as a guess." if rule.rewrite_guesses else "Repaired by a rewrite."


def _fenced(code: str) -> str:
    fence = "````" if "```" in code else "```"
    return f"{fence}python\n{code.rstrip()}\n{fence}\n"
