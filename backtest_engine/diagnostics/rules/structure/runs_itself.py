"""A script around the strategy that does things when the module is imported."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.module_parts import first_line, guarded
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    if source.parts.runs_itself:
        yield Location(line=first_line(source.parts.script[0]))


def _rewrite(source: Source) -> str | None:
    return guarded(source.code, source.parts) if source.parts.runs_itself else None


RULE = Rule(
    code="runs_itself",
    family="structure",
    severity="note",
    title="A script around the strategy",
    explanation=("The module starts a backtest of its own; its settings are read, and only the strategy is run."),
    hint='Put what prepares data, starts a backtest or draws under `if __name__ == "__main__":`.',
    example=example(top="from backtesting import Backtest\nfrom backtesting.test import GOOG")
    + "\n\nbt = Backtest(GOOG, Cross, cash=10_000)\nprint(bt.run())\n",
    check_source=_check_source,
    rewrite=_rewrite,
)
