"""Code without any strategy class."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Raised, Spot
from backtest_engine.diagnostics.source import Source


def _look(source: Source) -> Iterable[Spot]:
    if source.tree is None:
        return
    if not source.strategies:
        yield Spot()
    elif not any(node in source.tree.body for node in source.strategies):
        said = "The strategy class is defined inside a function, where nobody finds it."
        yield Spot(line=source.strategies[0].lineno, message=said)


def _raised(raised: Raised, source: Source) -> Iterable[Spot]:
    if raised.code == "no_strategy_class" or (raised.type == "LookupError" and "class" in raised):
        yield Spot()


FAILURE = Failure(
    code="no_strategy_class",
    family="structure",
    severity="fatal",
    title="No strategy class",
    explanation="The code defines no class derived from `backtesting.Strategy`.",
    hint="Write a class derived from Strategy, with `init` and `next`.",
    example="import pandas as pd\n\n\ndef sma(close, n):\n    return pd.Series(close).rolling(n).mean()\n",
    look=_look,
    raised=_raised,
)
