"""Weekdays counted from one: Monday is 0."""

import ast
import re
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import rewritten, text
from backtest_engine.diagnostics.source import Source
from backtest_engine.spec import WEEKDAYS

_FROM_ZERO = re.compile(r"\.(?:weekday\(\)|dayofweek|day_of_week)$")


def _check_intent(source: Source) -> list[tuple[ast.Compare, int]]:
    """Return comparisons of a weekday that counts from zero with a number."""
    names = {
        node.targets[0].id
        for node in source.every(ast.Assign)
        if isinstance(node.targets[0], ast.Name) and _FROM_ZERO.search(ast.unparse(node.value))
    }
    found = []
    for node in source.every(ast.Compare):
        left = ast.unparse(node.left)
        if (left in names or _FROM_ZERO.search(left)) and isinstance(node.comparators[0], ast.Constant):
            value = node.comparators[0].value
            if isinstance(value, int) and len(node.ops) == 1:
                found.append((node, value))
    return found


def _said(source: Source, line: int) -> int | None:
    """Return the weekday that a line or its comment names."""
    written = source.line(line).lower()
    named = [place for place, day in enumerate(WEEKDAYS) if re.search(rf"\b{day}s?\b", written)]
    return named[0] if len(named) == 1 else None


def _check_source(source: Source) -> Iterable[Location]:
    for node, value in _check_intent(source):
        day = _said(source, node.lineno)
        if value >= len(WEEKDAYS) or (day is not None and value == day + 1):
            yield Location(
                line=node.lineno, message=f"`{ast.unparse(node)}`: weekdays count from 0, Monday is 0 and Friday is 4."
            )


def _beside(source: Source, intended: Source) -> Iterable[Location]:
    mine = [value for _, value in _check_intent(source)]
    meant = [value for _, value in _check_intent(intended)]
    if mine and meant and sorted(set(mine)) == sorted({value + 1 for value in meant}):
        yield Location(line=_check_intent(source)[0][0].lineno)


def _rewrite(source: Source) -> str | None:
    shifted = {
        ast.unparse(node): value - 1
        for node, value in _check_intent(source)
        if value >= len(WEEKDAYS) or _said(source, node.lineno) == value - 1
    }

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Comparison) and text(node) in shifted:
            number = node.comparisons[0].with_changes(comparator=cst.Integer(str(shifted[text(node)])))
            return node.with_changes(comparisons=[number])
        return None

    return rewritten(source, change)


RULE = Rule(
    code="weekday_off_by_one",
    family="datetime",
    severity="error",
    after_run="warning",
    title="Weekdays counted from one",
    explanation="`weekday()` and `dayofweek` count from 0: Monday is 0, Friday is 4. The code counts from 1.",
    hint="Use 0 for Monday, or `isoweekday()`, which counts from 1.",
    example=example(
        next="""
        day = self.data.index[-1].dayofweek
        if not self.position and day == 1 and self.fast[-1] > self.slow[-1]:  # Monday
            self.buy()
        elif self.position and day == 5:  # Friday
            self.position.close()
        """
    ),
    check_source=_check_source,
    check_intent=_beside,
    rewrite=_rewrite,
    covers=("differs_from_intent", "wrong_threshold"),
)
