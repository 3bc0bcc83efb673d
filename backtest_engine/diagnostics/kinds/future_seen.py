"""The look-ahead check of the run: orders change when later bars are taken away."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Raised, Spot
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source
from backtest_engine.domain import BacktestResult


def _observed(result: BacktestResult, source: Source) -> Iterable[Spot]:
    for item in result.warnings:
        if item.code == "look_ahead":
            yield Spot(line=item.line, message=item.message, details=dict(item.details))


def _raised(raised: Raised, source: Source) -> Iterable[Spot]:
    if raised.code == "look_ahead":
        yield Spot(line=raised.line, message=raised.message)


FAILURE = Failure(
    code="future_seen",
    family="look_ahead",
    severity="error",
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
    observed=_observed,
    raised=_raised,
)
