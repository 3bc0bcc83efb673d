"""An indicator nobody asked for, which also moves the first bar."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Spot
from backtest_engine.diagnostics.drift import differences
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.source import Source


def _compared(source: Source, intended: Source) -> Iterable[Spot]:
    for item in differences(source, intended):
        if item.code == "unasked_indicator":
            yield Spot(line=item.line, message=item.message)


FAILURE = Failure(
    code="unasked_indicator",
    family="semantics",
    severity="error",
    title="An indicator nobody asked for",
    explanation="The code declares an indicator that was not asked for; the backtest starts only when it has values.",
    hint="Remove it.",
    example=example(
        more_init="self.trend = self.I(SMA, self.data.Close, 200)",
        next=NEXT.replace("not self.position and", "not self.position and self.trend[-1] > 0 and"),
    ),
    example_intended=example(),
    compared=_compared,
    covers=("differs_from_intent", "unasked_condition"),
)
