"""One equals sign where two are meant."""

import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.parsing import nearer, position, until_stuck, with_line
from backtest_engine.diagnostics.source import Source

_CONDITION = re.compile(r"^(\s*(?:if|elif|while)\b.*?[^=<>!:(,])=(?![=])(.*)$")


def _check_source(source: Source) -> Iterable[Location]:
    if source.tree is None and nearer(source, _step(source)):
        yield Location(line=position(source)[0])


def _step(source: Source) -> str | None:
    number = position(source)[0]
    if not 0 < number <= len(source.lines):
        return None
    found = _CONDITION.match(source.lines[number - 1])
    return with_line(source, number, f"{found[1].rstrip()} == {found[2].lstrip()}") if found else None


def _rewrite(source: Source) -> str | None:
    code = until_stuck(source.code, _step)
    return code if code != source.code else None


RULE = Rule(
    code="assignment_in_condition",
    family="syntax",
    title="`=` in a condition",
    explanation="A condition uses `=`, which assigns; a comparison needs `==`.",
    hint="Compare with `==`.",
    example=example(next="if self.position.size = 0:\n    self.buy()"),
    check_source=_check_source,
    rewrite=_rewrite,
)
