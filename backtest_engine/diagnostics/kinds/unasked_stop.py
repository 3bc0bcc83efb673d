"""A stop loss or take profit that the author of the code added."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Spot
from backtest_engine.diagnostics.drift import differences
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.source import Source


def _compared(source: Source, intended: Source) -> Iterable[Spot]:
    for item in differences(source, intended):
        if item.code == "unasked_stop":
            yield Spot(line=item.line, message=item.message)


FAILURE = Failure(
    code="unasked_stop",
    family="semantics",
    severity="error",
    title="A stop or target nobody asked for",
    explanation="The code sets a stop loss or take profit that was not asked for.",
    hint="Remove it.",
    example=example(next=NEXT.replace("self.buy()", "self.buy(sl=self.data.Close[-1] * 0.9)")),
    example_intended=example(),
    compared=_compared,
    covers=("differs_from_intent",),
)
