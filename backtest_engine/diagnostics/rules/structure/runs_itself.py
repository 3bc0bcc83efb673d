"""Code that starts its own backtest when it is imported."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.own_run import names_of_own_run, own_run
from backtest_engine.diagnostics.rewriting import changed_text, without_import
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    for item in own_run(source)[:1]:
        yield Location(line=item.lineno)


def _rewrite(source: Source) -> str | None:
    lines = {item.lineno for item in own_run(source)}
    if source.module is None or source.tree is None or not lines:
        return None
    numbers = [item.lineno for item in source.tree.body]
    if len(numbers) != len(source.module.body):
        return None
    body = [item for item, number in zip(source.module.body, numbers, strict=True) if number not in lines]
    module = source.module.with_changes(body=body, footer=[])
    for name in names_of_own_run(source):
        module = without_import(module, name)
    return changed_text(source, module)


RULE = Rule(
    code="runs_itself",
    family="structure",
    severity="fatal",
    title="The code starts its own backtest",
    explanation="The code runs a backtest when it is imported; running it is the engine's work.",
    hint="Leave only the strategy class.",
    example=example(top="from backtesting import Backtest\nfrom backtesting.test import GOOG")
    + "\n\nbt = Backtest(GOOG, Cross, cash=10_000)\nprint(bt.run())\n",
    check_source=_check_source,
    rewrite=_rewrite,
    covers=("wrong_type",),
)
