"""The look-ahead check of the run: orders change when later bars are taken away."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source
from backtest_engine.domain import BacktestResult


def _check_result(result: BacktestResult, source: Source) -> Iterable[Location]:
    for item in result.warnings:
        if item.code == "look_ahead":
            yield Location(line=item.line, message=item.message, details=dict(item.details))


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.code == "look_ahead":
        yield Location(line=raised.line, message=raised.message)


RULE = Rule(
    code="future_seen",
    family="look_ahead",
    severity="error",
    after_run="error",
    title="Decides with later bars",
    explanation="Orders change when later bars are taken away: the strategy uses the future.",
    hint="Look for values in `init` that are computed from the whole file.",
    example=example(
        more_init=(
            "self.target = self.I(lambda: [max(self.data.Close[i:i + 5 if i else 5]) for i in "
            "range(len(self.data.Close))])"
        ),
        next=(
            "if not self.position and self.data.Close[-1] < 0.95 * self.target[-1] and self.fast[-1] "
            "> self.slow[-1]:\n    self.buy()\nelif self.position and self.data.Close[-1] > 0.99 "
            "* self.target[-1]:\n    self.position.close()"
        ),
    ),
    check_result=_check_result,
    check_error=_check_error,
)
