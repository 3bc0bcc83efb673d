"""A filter that the author of the code added."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Spot
from backtest_engine.diagnostics.drift import differences
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.source import Source


def _compared(source: Source, intended: Source) -> Iterable[Spot]:
    for item in differences(source, intended):
        if item.code == "unasked_condition":
            yield Spot(line=item.line, message=item.message)


FAILURE = Failure(
    code="unasked_condition",
    family="semantics",
    severity="error",
    title="A condition nobody asked for",
    explanation="The code asks for more than was described before it trades.",
    hint="Remove the condition.",
    example=example(
        next=NEXT.replace("not self.position and", "not self.position and self.data.Close[-1] > self.slow[-1] and")
    ),
    example_intended=example(),
    compared=_compared,
    covers=("differs_from_intent",),
)
