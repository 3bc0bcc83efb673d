"""A property that is called like a function."""

from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.rewriting import dotted, rewritten
from backtest_engine.diagnostics.source import Source

_PROPERTIES = frozenset(
    [
        "self.position", "self.position.is_long", "self.position.is_short", "self.position.size", "self.position.pl",
        "self.position.pl_pct", "self.equity", "self.trades", "self.orders", "self.closed_trades", "self.data",
    ]
)  # fmt: skip


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.calls(*_PROPERTIES):
        yield Location(line=node.lineno, message=f"`{source.dotted(node.func)}` is a value, not a function.")


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if (
        raised.type == "TypeError"
        and "object is not callable" in raised
        and raised.message.split("'")[1] in ("bool", "Position", "tuple", "float")
    ):
        yield Location(line=raised.line, message=f"{raised.message}: a value is called like a function.")


def _rewrite(source: Source) -> str | None:
    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Call) and not node.args and dotted(node.func) in _PROPERTIES:
            return node.func
        return None

    return rewritten(source, change)


RULE = Rule(
    code="property_called",
    family="api",
    title="A value is called like a function",
    explanation="The code calls a property, for example `self.position.is_long()`.",
    hint="Read it without parentheses: `self.position.is_long`.",
    example=example(next=NEXT.replace("elif self.position and", "elif self.position.is_long() and")),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
)
