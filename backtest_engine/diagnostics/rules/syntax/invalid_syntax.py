"""Any other text that Python cannot read."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.parsing import complaint, position
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    if source.tree is None:
        yield Location(line=position(source)[0] or None, message=f"Python cannot read the code: {complaint(source)}.")


RULE = Rule(
    residual=True,
    code="invalid_syntax",
    family="syntax",
    title="Not valid Python",
    explanation="Python cannot read the code.",
    hint="Correct the line that is named, or the one before it.",
    example=example(body="n1 = 10 20"),
    check_source=_check_source,
)
