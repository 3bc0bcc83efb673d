"""Entry and exit exchanged."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Spot
from backtest_engine.diagnostics.drift import differences
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.source import Source


def _compared(source: Source, intended: Source) -> Iterable[Spot]:
    for item in differences(source, intended):
        if item.code == "inverted_signal":
            yield Spot(line=item.line, message=item.message)


FAILURE = Failure(
    code="inverted_signal",
    family="semantics",
    severity="error",
    title="Buys where it should sell",
    explanation="The entry fires on the opposite of what was asked: it buys where it should sell.",
    hint="Exchange the arguments of `crossover`, or turn the comparison round.",
    example=example(
        next=NEXT.replace("self.fast, self.slow", "x")
        .replace("self.slow, self.fast", "self.fast, self.slow")
        .replace("(x)", "(self.slow, self.fast)")
    ),
    example_intended=example(),
    compared=_compared,
    covers=("differs_from_intent",),
)
