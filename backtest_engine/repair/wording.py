"""What a description says plainly even where it cannot be read whole: its numbers and its directions.

Used only where there is no code to compare with. What it finds is a doubt, never a proof.
"""

import ast
import re
from dataclasses import asdict
from typing import Any

from backtest_engine.diagnostics import Finding
from backtest_engine.diagnostics.meaning import meaning_of
from backtest_engine.diagnostics.source import Source
from backtest_engine.errors import StrategyRejected
from backtest_engine.text_reading import read_text

_NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)(?![\w]|\.\d)")
_LONG_ONLY = re.compile(r"\blong[- ]only\b|\bno short(?:s|ing)?\b|\bnever shorts?\b|\blongs? only\b", re.IGNORECASE)
_SHORT = re.compile(r"\b(?:go(?:es)? short|sell short|short when|short if|^short\b)", re.IGNORECASE)
# Numbers that say how many, or that code has no reason to spell out.
_TOO_PLAIN = frozenset({0.0, 1.0, 2.0, 100.0})


def doubts(description: str, code: str) -> tuple[Finding, ...]:
    """Return what a description plainly says and the code plainly does not."""
    try:
        found = read_text(doubts_in, code, description)
    except StrategyRejected:
        return ()
    return tuple(Finding(**item) for item in found)


def doubts_in(code: str, description: str) -> list[dict[str, Any]]:
    """Return the doubts as JSON has them: what the child that reads the code runs."""
    source = Source(code)
    if source.tree is None or source.strategy is None:
        return []
    return [asdict(item) for item in (*_numbers(description, source), *_directions(description, source))]


def _numbers(description: str, source: Source) -> tuple[Finding, ...]:
    said = {float(text) for text in _NUMBER.findall(description)} - _TOO_PLAIN
    written = {
        abs(float(node.value))
        for node in source.every(ast.Constant)
        if isinstance(node.value, int | float) and not isinstance(node.value, bool)
    }
    missing = sorted(number for number in said if not _spellings(number) & {round(item, 9) for item in written})
    if not missing or len(missing) < len(said) / 3:
        return ()
    shown = ", ".join(f"{number:g}" for number in missing)
    message = f"The description says {shown}, and the code has no such number."
    return (_doubt("wrong_parameter", "Other numbers than described", message),)


def _spellings(number: float) -> set[float]:
    """Return the ways to write a number that may be a percentage or a count that starts at zero."""
    share = number / 100
    ways = {number, number - 1, number + 1, share, 1 - share, 1 + share, 10_000 * number}
    return {round(abs(way), 9) for way in ways}


def _directions(description: str, source: Source) -> tuple[Finding, ...]:
    directions = meaning_of(source).directions
    if _LONG_ONLY.search(description) and "short" in directions:
        return (
            _doubt(
                "wrong_direction",
                "The wrong direction",
                "The description wants long positions only; the code sells short.",
            ),
        )
    if _SHORT.search(description) and directions == {"long"}:
        return (_doubt("wrong_direction", "The wrong direction", "The description goes short; the code never does."),)
    return ()


def _doubt(code: str, title: str, message: str) -> Finding:
    return Finding(
        code=code,
        family="semantics",
        severity="warning",
        title=title,
        message=message,
        hint="Compare the code with the description, rule by rule.",
    )
