"""A block without its colon."""

import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.parsing import nearer, position, until_stuck, with_line
from backtest_engine.diagnostics.source import Source

_HEAD = re.compile(r"^\s*(if|elif|else|for|while|def|class|try|except|with)\b[^#]*[^:#\s,(\[{\\](?=\s*(#.*)?$)")


def _check_source(source: Source) -> Iterable[Location]:
    if source.tree is None and nearer(source, _step(source)):
        yield Location(line=position(source)[0])


def _step(source: Source) -> str | None:
    number = position(source)[0]
    for place in (number, number - 1):
        if 0 < place <= len(source.lines):
            line = source.lines[place - 1]
            found = _HEAD.match(line)
            if found and not line.rstrip().endswith(":"):
                changed = with_line(source, place, line[: found.end()].rstrip() + ":" + line[found.end() :])
                if nearer(source, changed):
                    return changed
    return None


def _rewrite(source: Source) -> str | None:
    code = until_stuck(source.code, _step)
    return code if code != source.code else None


RULE = Rule(
    code="missing_colon",
    family="syntax",
    title="A colon is missing",
    explanation="A line that opens a block (`if`, `def`, `class` …) does not end with a colon.",
    hint="End the line with a colon.",
    example=example(next="if self.fast[-1] > self.slow[-1]\n    self.buy()"),
    check_source=_check_source,
    rewrite=_rewrite,
)
