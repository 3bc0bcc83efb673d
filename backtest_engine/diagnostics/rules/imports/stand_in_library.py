"""A library that is not installed and has a stand-in: charts show nothing, pandas_ta is computed by the engine."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.reach import roots
from backtest_engine.diagnostics.source import Source
from backtest_engine.stand_ins import PACKAGES, charts


def _check_source(source: Source) -> Iterable[Location]:
    for node, name in roots(source):
        if name == "ta":
            yield Location(line=node.lineno, message="`ta` is offered here; elsewhere it has to be installed.")
        elif name in PACKAGES:
            said = "it draws and prints nothing" if name in charts.PACKAGES else "the engine's own definitions are used"
            yield Location(line=node.lineno, message=f"`{name}` is not installed here: {said}.")


RULE = Rule(
    code="stand_in_library",
    family="import",
    severity="note",
    title="A library with a stand-in",
    explanation="The library is not installed here; a stand-in takes its place.",
    hint="Leave it as it is, or remove what only draws.",
    example=example(
        top="import pandas_ta as ta",
        init="self.fast = self.I(lambda: ta.sma(self.data.Close.s, length=10))\n"
        "self.slow = self.I(SMA, self.data.Close, 20)",
    ),
    check_source=_check_source,
)
