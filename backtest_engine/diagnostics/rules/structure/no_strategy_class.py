"""Code without any strategy class."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    if source.tree is None:
        return
    if not source.strategies:
        yield Location()
    elif not any(node in source.tree.body for node in source.strategies):
        said = "The strategy class is defined inside a function, where nobody finds it."
        yield Location(line=source.strategies[0].lineno, message=said)


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.code == "no_strategy_class" or (raised.type == "LookupError" and "class" in raised):
        yield Location()


RULE = Rule(
    code="no_strategy_class",
    family="structure",
    title="No strategy class",
    explanation="The code defines no class derived from `backtesting.Strategy`.",
    hint="Write a class derived from Strategy, with `init` and `next`.",
    example="import pandas as pd\n\n\ndef sma(close, n):\n    return pd.Series(close).rolling(n).mean()\n",
    check_source=_check_source,
    check_error=_check_error,
)
