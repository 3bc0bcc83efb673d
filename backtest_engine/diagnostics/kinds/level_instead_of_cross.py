"""A state where an event was asked for, or the other way round."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Spot
from backtest_engine.diagnostics.drift import differences
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.source import Source


def _compared(source: Source, intended: Source) -> Iterable[Spot]:
    for item in differences(source, intended):
        if item.code == "level_instead_of_cross":
            yield Spot(line=item.line, message=item.message)


FAILURE = Failure(
    code="level_instead_of_cross",
    family="semantics",
    severity="error",
    title="A level instead of a crossing",
    explanation="A crossing is one bar, a level lasts: the code uses one where the other was asked for.",
    hint="Use `crossover` for a crossing, a comparison for a level.",
    example=example(
        next=NEXT.replace(
            "not self.position and crossover(self.fast, self.slow)",
            "not self.position and self.fast[-1] > self.slow[-1]",
        )
    ),
    example_intended=example(),
    compared=_compared,
    covers=("differs_from_intent",),
)
