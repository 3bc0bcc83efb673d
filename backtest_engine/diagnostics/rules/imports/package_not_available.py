"""A library that strategies cannot import."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.vocabulary import AVAILABLE, FRAMEWORKS, REACHING_OUT


def _missing(source: Source) -> Iterable[tuple[ast.AST, str]]:
    """Return what the strategy imports."""
    for node in source.every(ast.Import):
        yield from ((node, alias.name) for alias in node.names)
    for node in source.every(ast.ImportFrom):
        if not node.level:
            yield node, node.module or ""


def _check_source(source: Source) -> Iterable[Location]:
    for node, name in _missing(source):
        package = name.split(".")[0]
        if package not in AVAILABLE | FRAMEWORKS | REACHING_OUT and package.lower() not in ("backtesting", "backtest"):
            yield Location(
                line=getattr(node, "lineno", None), message=f"The package `{package}` is not available to strategies."
            )


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    # What only the code's own backtest imports goes with it.
    if raised.type == "ModuleNotFoundError" and any(name in raised.message for _, name in _missing(source)):
        yield Location(line=raised.line, message=f"{raised.message}: the package is not available to strategies.")


RULE = Rule(
    code="package_not_available",
    family="import",
    title="A package that is not available",
    explanation="The code imports a package that strategies cannot use.",
    hint=("Write the indicator with pandas and numpy, or take it from talib, ta or backtest_engine.indicators."),
    example=example(
        top="import tulipy",
        init="self.fast = self.I(lambda: tulipy.sma(self.data.Close, period=10))\n"
        "self.slow = self.I(SMA, self.data.Close, 20)",
    ),
    check_source=_check_source,
    check_error=_check_error,
)
