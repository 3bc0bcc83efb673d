"""A bracket too few or too many, in the middle of the code."""

import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.parsing import complaint, missing_brackets, nearer, position, with_line
from backtest_engine.diagnostics.source import Source

_SAID = re.compile(r"unmatched|never closed|does not match opening|Perhaps you forgot a comma|invalid syntax|expected")


def _check_source(source: Source) -> Iterable[Location]:
    if source.tree is None and _SAID.search(complaint(source)) and nearer(source, _rewrite(source)):
        yield Location(line=position(source)[0])


def _rewrite(source: Source) -> str | None:
    number, column = position(source)
    last = len(source.code.rstrip().split("\n"))
    for place in (number, number - 1):
        if not 0 < place <= len(source.lines):
            continue
        line = source.lines[place - 1]
        if place == number and "unmatched" in complaint(source):
            return with_line(source, place, line[: column - 1] + line[column:])
        missing = missing_brackets(line)
        if missing and place < last:
            cut = re.search(r":?\s*(#.*)?$", line)
            end = cut.start() if cut else len(line)
            changed = with_line(source, place, line[:end] + missing + line[end:])
            if nearer(source, changed) or Source(changed).tree is not None:
                return changed
    return None


RULE = Rule(
    code="unbalanced_brackets",
    family="syntax",
    title="Brackets do not match",
    explanation="A bracket is missing, or there is one too many.",
    hint="Close each bracket where it belongs.",
    example=example(init="self.fast = self.I(SMA, self.data.Close, 10\nself.slow = self.I(SMA, self.data.Close, 20)"),
    check_source=_check_source,
    rewrite=_rewrite,
    covers=("truncated_code",),
)
