"""Trades that differ from those of the description, for no reason that the code shows plainly."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.source import Source


def _check_intent(source: Source, intended: Source) -> Iterable[Location]:
    if source.code != intended.code:
        yield Location()


RULE = Rule(
    code="differs_from_intent",
    family="semantics",
    severity="error",
    title="Trades otherwise than described",
    explanation="The strategy trades otherwise than the description says.",
    hint="Compare the rules of the code with the description, one by one.",
    example=example(next=NEXT.replace("self.position.close()", "self.position.close(0.5)")),
    example_intended=example(),
    check_intent=_check_intent,
)
