"""An exception that nothing else explains."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.code in ("strategy_raised", "invalid_journal", "strategy_error", "strategy_rejected"):
        yield Location(line=raised.line, message=f"{raised.type or raised.code}: {raised.message}")


RULE = Rule(
    code="raised_by_strategy",
    family="runtime",
    title="The strategy stopped with an error",
    explanation="The strategy raised an exception.",
    hint="Look at the line that is named.",
    example=example(next="if self.fast[-1] > self.slow[-1]:\n    self.buy()\nraise RuntimeError('not written yet')"),
    check_error=_check_error,
    fallback=3,
)
