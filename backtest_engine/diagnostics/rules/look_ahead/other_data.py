"""Bars from elsewhere instead of the strategy's own."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.reach import prepares
from backtest_engine.diagnostics.rewriting import apply, changed_text, dotted, expression, without_import
from backtest_engine.diagnostics.source import Source

_SAMPLES = ("backtesting.test.GOOG", "backtesting.test.EURUSD", "backtesting.test.BTCUSD")


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.every(ast.Name, ast.Attribute):
        if (
            source.dotted(node) in _SAMPLES
            and isinstance(node.ctx, ast.Load)
            and any(isinstance(item, ast.FunctionDef) for item in source.above(node))
            and not prepares(source, node)
        ):
            name = source.dotted(node).rsplit(".", 1)[-1]
            yield Location(
                line=node.lineno,
                message=f"`{name}` is another data set than the one the strategy is tested on, all of it at once.",
            )


def _rewrite(source: Source) -> str | None:
    names = {name for name, full in source.imports.items() if full in _SAMPLES}
    if source.module is None:
        return None

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        return expression("self.data.df") if isinstance(node, cst.Name) and dotted(node) in names else None

    module = apply(source.module, change, within=("init",))
    for name in names:
        module = without_import(module, name)
    return changed_text(source, module)


RULE = Rule(
    code="other_data",
    family="look_ahead",
    after_run="fatal",
    title="Reads other data than its own",
    explanation="The strategy computes on a data set of its own choice, not on the bars it is tested on.",
    hint="Use `self.data` only.",
    example=example(
        top="from backtesting.test import GOOG",
        init=(
            "self.fast = self.I(lambda: GOOG.Close.rolling(10).mean().values)\n"
            "self.slow = self.I(SMA, self.data.Close, 20)"
        ),
    ),
    check_source=_check_source,
    rewrite=_rewrite,
)
