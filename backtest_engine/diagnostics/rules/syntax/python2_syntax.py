"""Python 2."""

import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.parsing import nearer, position
from backtest_engine.diagnostics.source import Source

_CHANGES = (
    (re.compile(r"^(\s*)print\s+(?![=(])(.+?)\s*$", re.MULTILINE), r"\1print(\2)"),
    (re.compile(r"^(\s*except\s+[\w.]+)\s*,\s*(\w+)\s*:", re.MULTILINE), r"\1 as \2:"),
    (re.compile(r"\s<>\s"), " != "),
    (re.compile(r"^(\s*)raise\s+(\w+)\s*,\s*(.+)$", re.MULTILINE), r"\1raise \2(\3)"),
)


def _check_source(source: Source) -> Iterable[Location]:
    if source.tree is None and nearer(source, _rewrite(source)):
        yield Location(line=position(source)[0])


def _rewrite(source: Source) -> str | None:
    code = source.code
    for pattern, plain in _CHANGES:
        code = pattern.sub(plain, code)
    return code if code != source.code else None


RULE = Rule(
    code="python2_syntax",
    family="syntax",
    title="Python 2",
    explanation="The code is written for Python 2, for example `print` without parentheses.",
    hint="Write Python 3: `print(...)`, `except Error as e`, `!=`.",
    example=example(next='if self.fast[-1] > self.slow[-1]:\n    print "buy"\n    self.buy()'),
    check_source=_check_source,
    rewrite=_rewrite,
)
