"""A stop loss or take profit that was asked for and is not there."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Spot
from backtest_engine.diagnostics.drift import differences
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.source import Source


def _compared(source: Source, intended: Source) -> Iterable[Spot]:
    for item in differences(source, intended):
        if item.code == "missing_stop":
            yield Spot(line=item.line, message=item.message)


FAILURE = Failure(
    code="missing_stop",
    family="semantics",
    severity="error",
    title="A stop or target is missing",
    explanation="A stop loss or take profit was asked for and is missing.",
    hint="Give it with the order: `self.buy(sl=price * 0.95)`.",
    example=example(),
    example_intended=example(next=NEXT.replace("self.buy()", "self.buy(sl=self.data.Close[-1] * 0.9)")),
    compared=_compared,
    covers=("differs_from_intent",),
)
