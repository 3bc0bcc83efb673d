"""A string without its closing quote."""

import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.parsing import complaint, nearer, position, with_line
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    if complaint(source).startswith("unterminated string") and position(source)[0] < len(
        source.code.rstrip().split("\n")
    ):
        yield Location(line=position(source)[0])


def _rewrite(source: Source) -> str | None:
    number, column = position(source)
    if not 0 < number <= len(source.lines) or not column:
        return None
    line = source.lines[number - 1]
    quote = line[column - 1 : column]
    tail = re.search(r"[)\]},:\s]*$", line)
    cuts = [tail.start() if tail else len(line), len(line)]
    for cut in cuts:
        changed = with_line(source, number, line[:cut] + quote + line[cut:])
        if nearer(source, changed):
            return changed
    return None


RULE = Rule(
    code="unterminated_string",
    family="syntax",
    title="A quote is missing",
    explanation="A string is opened and not closed on its line.",
    hint="Close the string with the quote it was opened with.",
    example=example(body='label = "cross'),
    check_source=_check_source,
    rewrite=_rewrite,
)
