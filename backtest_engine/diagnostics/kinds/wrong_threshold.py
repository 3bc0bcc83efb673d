"""Thresholds that nobody asked for."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Spot
from backtest_engine.diagnostics.drift import differences
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.source import Source


def _compared(source: Source, intended: Source) -> Iterable[Spot]:
    for item in differences(source, intended):
        if item.code == "wrong_threshold":
            yield Spot(line=item.line, message=item.message)


FAILURE = Failure(
    code="wrong_threshold",
    family="semantics",
    severity="error",
    title="Another threshold than asked for",
    explanation="A threshold in a condition is not the one that was asked for.",
    hint="Use the numbers of the description.",
    example=example(next=NEXT.replace("not self.position and", "not self.position and self.data.Close[-1] > 50 and")),
    example_intended=example(
        next=NEXT.replace("not self.position and", "not self.position and self.data.Close[-1] > 30 and")
    ),
    compared=_compared,
    covers=("differs_from_intent",),
)
