"""A key that a dict or an index does not have."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "KeyError":
        yield Location(line=raised.line, message=f"There is no {raised.message} in what is read.")


RULE = Rule(
    code="missing_key",
    family="runtime",
    title="A key that is not there",
    explanation="The code reads a key that a dict, a frame or an index does not have.",
    hint="Check the name, or ask with `.get(…)`.",
    example=example(
        next=(
            "levels = {'low': 30}\nif not self.position and self.fast[-1] > levels['entry']:\n"
            "    self.buy()\nelif self.slow[-1] < 0:\n"
            "    self.position.close()"
        )
    ),
    check_error=_check_error,
    fallback=1,
)
