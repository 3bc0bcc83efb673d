"""Short where only long was asked for, or the other way round."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Spot
from backtest_engine.diagnostics.drift import differences
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.source import Source


def _compared(source: Source, intended: Source) -> Iterable[Spot]:
    for item in differences(source, intended):
        if item.code == "wrong_direction":
            yield Spot(line=item.line, message=item.message)


FAILURE = Failure(
    code="wrong_direction",
    family="semantics",
    severity="error",
    title="The wrong direction",
    explanation="The code opens positions in a direction that was not asked for, or misses one.",
    hint="Long is `self.buy()`, short is `self.sell()`, leaving is `self.position.close()`.",
    example=example(next=NEXT.replace("self.position.close()", "self.position.close()\n    self.sell()")),
    example_intended=example(),
    compared=_compared,
    covers=("differs_from_intent",),
)
