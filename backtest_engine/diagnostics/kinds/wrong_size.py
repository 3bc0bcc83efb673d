"""An order size that nobody asked for."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Spot
from backtest_engine.diagnostics.drift import differences
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.source import Source


def _compared(source: Source, intended: Source) -> Iterable[Spot]:
    for item in differences(source, intended):
        if item.code == "wrong_size":
            yield Spot(line=item.line, message=item.message)


FAILURE = Failure(
    code="wrong_size",
    family="semantics",
    severity="error",
    title="Another size than asked for",
    explanation="The orders have another size than was asked for.",
    hint="Use the size of the description.",
    example=example(next=NEXT.replace("self.buy()", "self.buy(size=0.1)")),
    example_intended=example(next=NEXT.replace("self.buy()", "self.buy(size=0.5)")),
    compared=_compared,
    covers=("differs_from_intent",),
)
