"""No exit at all."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Spot
from backtest_engine.diagnostics.drift import differences
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source


def _compared(source: Source, intended: Source) -> Iterable[Spot]:
    for item in differences(source, intended):
        if item.code == "missing_exit":
            yield Spot(line=item.line, message=item.message)


FAILURE = Failure(
    code="missing_exit",
    family="semantics",
    severity="error",
    title="The exit is missing",
    explanation="The code never leaves a position, although an exit was asked for.",
    hint="Close the position with `self.position.close()`.",
    example=example(next="if not self.position and crossover(self.fast, self.slow):\n    self.buy()"),
    example_intended=example(),
    compared=_compared,
    covers=("differs_from_intent",),
)
