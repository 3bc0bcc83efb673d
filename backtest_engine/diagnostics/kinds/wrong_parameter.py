"""Periods or parameters that nobody asked for."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Spot
from backtest_engine.diagnostics.drift import differences
from backtest_engine.diagnostics.examples import INIT, example
from backtest_engine.diagnostics.source import Source


def _compared(source: Source, intended: Source) -> Iterable[Spot]:
    for item in differences(source, intended):
        if item.code == "wrong_parameter":
            yield Spot(line=item.line, message=item.message)


FAILURE = Failure(
    code="wrong_parameter",
    family="semantics",
    severity="error",
    title="Other periods than asked for",
    explanation="The indicators are the right ones with other numbers than were asked for.",
    hint="Use the numbers of the description.",
    example=example(init=INIT.replace("20", "50")),
    example_intended=example(),
    compared=_compared,
    covers=("differs_from_intent",),
)
