"""Line numbers, prompts or diff marks that were copied with the code."""

import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.parsing import nearer
from backtest_engine.diagnostics.source import Source

_MARKS = (re.compile(r"^(?:>>>|\.\.\.) ?"), re.compile(r"^\s*\d+\s?[|:] ?"), re.compile(r"^\+ ?"), re.compile(r"^> ?"))


def _check_source(source: Source) -> Iterable[Location]:
    if source.tree is None and nearer(source, _rewrite(source)):
        yield Location(line=1)


def _rewrite(source: Source) -> str | None:
    filled = [line for line in source.lines if line.strip()]
    for mark in _MARKS:
        if filled and sum(bool(mark.match(line)) for line in filled) >= 0.9 * len(filled):
            return "\n".join(mark.sub("", line) for line in source.lines)
    return None


RULE = Rule(
    code="pasted_marks",
    family="syntax",
    title="Line numbers or prompts in the code",
    explanation="Each line starts with a mark that was copied with it: a line number, a prompt or a diff sign.",
    hint="Remove the marks at the start of the lines.",
    example=(
        ">>> from backtesting import Strategy\n>>> class Hold(Strategy):\n...     def init(self):\n...         pass\n"
        "...     def next(self):\n...         if not self.position:\n...             self.buy()\n"
    ),
    check_source=_check_source,
    rewrite=_rewrite,
    covers=("bad_indentation",),
)
