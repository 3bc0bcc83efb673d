"""A part of the rule that was left out."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Spot
from backtest_engine.diagnostics.drift import differences
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.source import Source


def _compared(source: Source, intended: Source) -> Iterable[Spot]:
    for item in differences(source, intended):
        if item.code == "missing_condition":
            yield Spot(line=item.line, message=item.message)


FAILURE = Failure(
    code="missing_condition",
    family="semantics",
    severity="error",
    title="A condition is missing",
    explanation="The code leaves out a condition that was asked for.",
    hint="Add the condition.",
    example=example(),
    example_intended=example(
        next=NEXT.replace("not self.position and", "not self.position and self.data.Close[-1] > self.slow[-1] and")
    ),
    compared=_compared,
    covers=("differs_from_intent",),
)
