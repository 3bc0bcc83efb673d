"""A strategy that prints or orders without end."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.work import endless_output


def _check_source(source: Source) -> Iterable[Location]:
    for line, said in endless_output(source):
        yield Location(line=line, message=said)


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.code in ("output_limit", "log_limit", "order_limit"):
        yield Location(line=raised.line, message=raised.message)


RULE = Rule(
    code="too_much_output",
    family="resource",
    title="Too many orders or too much text",
    explanation="The strategy places orders, or prints, far more often than once for each bar.",
    hint="One order for each decision; print nothing.",
    example=example(
        next=(
            "for _ in range(1_000_000):\n    self.buy(size=1)\n"
            "if crossover(self.slow, self.fast):\n    self.position.close()"
        )
    ),
    check_source=_check_source,
    check_error=_check_error,
)
