"""A limit so far from the price that it is never reached."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.meaning import Renderer
from backtest_engine.diagnostics.order_calls import OrderCall, order_calls
from backtest_engine.diagnostics.source import Source

# Farther than this from the last close, an order waits for a crash.
_FAR = 0.75


def _factor(source: Source, value: ast.expr | None) -> float | None:
    """Return the multiple of the last close that a price is, None where it is something else."""
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Mult):
        return None
    renderer = Renderer(source)
    for side, other in ((value.left, value.right), (value.right, value.left)):
        if renderer.text(side) == "Close":
            return source.number(other)
    return None


def _far(source: Source, rule: OrderCall) -> float | None:
    factor = _factor(source, rule.keyword("limit"))
    if factor is None:
        return None
    return factor if (factor < _FAR if rule.action == "buy" else factor > 1 / _FAR) else None


def _check_source(source: Source) -> Iterable[Location]:
    for rule in order_calls(source):
        factor = _far(source, rule) if rule.action != "close" else None
        if factor is not None:
            yield Location(
                line=rule.line, message=f"The limit is {factor:g} times the close: the order waits for such a price."
            )


RULE = Rule(
    code="limit_out_of_reach",
    family="order",
    severity="error",
    after_run="warning",
    title="A limit that is never reached",
    explanation="The limit is so far from the price that the order is hardly ever filled.",
    hint=(
        "A limit is a price: below the close for a buy, above it for a sell, and near it. "
        "Leave it out to buy at the open."
    ),
    example=example(next=NEXT.replace("self.buy()", "self.buy(limit=self.data.Close[-1] * 0.5)")),
    check_source=_check_source,
    covers=("differs_from_intent",),
)
