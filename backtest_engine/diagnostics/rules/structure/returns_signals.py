"""`next` that returns what to do instead of doing it."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    method = source.methods.get("next")
    if method is None:
        return
    returned = [n for n in ast.walk(method) if isinstance(n, ast.Return) and n.value is not None]
    places = any(source.called(node) in ("self.buy", "self.sell") for node in source.every(ast.Call))
    if returned and not places:
        yield Location(line=returned[0].lineno)


RULE = Rule(
    code="returns_signals",
    family="structure",
    severity="error",
    after_run="warning",
    title="Signals are returned, orders are not placed",
    explanation="`next` returns signals, and nobody reads them: no order is ever placed.",
    hint="Place orders in `next`: `self.buy()`, `self.position.close()`.",
    example=example(next="if crossover(self.fast, self.slow):\n    return 'buy'\nreturn 'hold'"),
    check_source=_check_source,
    covers=("no_orders",),
)
