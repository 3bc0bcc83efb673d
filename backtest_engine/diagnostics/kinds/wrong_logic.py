"""`or` where `and` was asked for, or the other way round."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Spot
from backtest_engine.diagnostics.drift import differences
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.source import Source


def _compared(source: Source, intended: Source) -> Iterable[Spot]:
    for item in differences(source, intended):
        if item.code == "wrong_logic":
            yield Spot(line=item.line, message=item.message)


FAILURE = Failure(
    code="wrong_logic",
    family="semantics",
    severity="error",
    title="`or` and `and` exchanged",
    explanation="Conditions are joined by `or` where `and` was asked for, or the other way round.",
    hint="Join the conditions as described.",
    example=example(
        next=NEXT.replace(
            "crossover(self.fast, self.slow)",
            "(self.data.Close[-1] > self.fast[-1] or self.data.Close[-1] > self.slow[-1])",
        )
    ),
    example_intended=example(
        next=NEXT.replace(
            "crossover(self.fast, self.slow)",
            "self.data.Close[-1] > self.fast[-1] and self.data.Close[-1] > self.slow[-1]",
        )
    ),
    compared=_compared,
    covers=("differs_from_intent",),
)
