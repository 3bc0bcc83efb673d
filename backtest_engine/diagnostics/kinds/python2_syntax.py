"""Python 2."""

import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Spot
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.mending import nearer, position
from backtest_engine.diagnostics.source import Source

_CHANGES = (
    (re.compile(r"^(\s*)print\s+(?![=(])(.+?)\s*$", re.MULTILINE), r"\1print(\2)"),
    (re.compile(r"^(\s*except\s+[\w.]+)\s*,\s*(\w+)\s*:", re.MULTILINE), r"\1 as \2:"),
    (re.compile(r"\s<>\s"), " != "),
    (re.compile(r"^(\s*)raise\s+(\w+)\s*,\s*(.+)$", re.MULTILINE), r"\1raise \2(\3)"),
)


def _look(source: Source) -> Iterable[Spot]:
    if source.tree is None and nearer(source, _rewrite(source)):
        yield Spot(line=position(source)[0])


def _rewrite(source: Source) -> str | None:
    code = source.code
    for pattern, plain in _CHANGES:
        code = pattern.sub(plain, code)
    return code if code != source.code else None


FAILURE = Failure(
    code="python2_syntax",
    family="syntax",
    severity="fatal",
    title="Python 2",
    explanation="The code is written for Python 2, for example `print` without parentheses.",
    hint="Write Python 3: `print(...)`, `except Error as e`, `!=`.",
    example=example(next='if self.fast[-1] > self.slow[-1]:\n    print "buy"\n    self.buy()'),
    look=_look,
    rewrite=_rewrite,
    covers=("invalid_syntax",),
)
