"""An operation between things that do not go together."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type in ("TypeError", "ValueError", "AttributeError", "OverflowError"):
        yield Location(line=raised.line, message=f"{raised.type}: {raised.message}.")


RULE = Rule(
    code="wrong_type",
    family="runtime",
    title="Values that do not go together",
    explanation="The code combines values that do not go together, such as None and a number.",
    hint="Look at what each name of the line holds on the bar that failed.",
    example=example(
        more_init="self.stop_price = None",
        next="if self.data.Close[-1] < self.stop_price and self.fast[-1] > self.slow[-1]:\n    self.buy()",
    ),
    check_error=_check_error,
    fallback=2,
)
