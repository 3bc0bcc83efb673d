"""A division by zero."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type in ("ZeroDivisionError", "FloatingPointError"):
        yield Location(
            line=raised.line, message="A divisor is zero: a bar without a range, a flat window, or no losing bar yet."
        )


RULE = Rule(
    code="zero_division",
    family="runtime",
    title="Division by zero",
    explanation="A divisor is zero on some bar.",
    hint="Decide what the value means when the divisor is zero, and check for it.",
    example=example(
        next=(
            "flat = float(self.fast[-1] - self.fast[-1])\n"
            "if not self.position and 1.0 / flat > 2:\n"
            "    self.buy()\nelif self.fast[-1] < self.slow[-1]:\n"
            "    self.position.close()"
        )
    ),
    check_error=_check_error,
)
