"""Something the position does not have."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.vocabulary import POSITION_ATTRIBUTES, POSITION_METHODS, POSITION_VALID


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.every(ast.Attribute):
        if source.dotted(node.value) == "self.position" and node.attr not in POSITION_VALID and node.attr[0] != "_":
            yield Location(line=node.lineno, message=_say(node.attr))


def _say(name: str) -> str:
    instead = "self.position.close()" if name in POSITION_METHODS else POSITION_ATTRIBUTES.get(name)
    return f"The position has no `{name}`" + (
        f"; use `{instead}`." if instead else ": it has size, pl, pl_pct, is_long, is_short and close()."
    )


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "AttributeError" and "'Position' object has no attribute" in raised:
        yield Location(line=raised.line, message=_say(raised.message.split("'")[3]))


def _rewrite(source: Source) -> str | None:
    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        called = isinstance(node, cst.Call)
        label = dotted(node.func) if isinstance(node, cst.Call) else dotted(node)
        if not label.startswith("self.position.") or label.count(".") != 2:
            return None
        name = label.rsplit(".", 1)[1]
        if called and name in POSITION_METHODS:
            return expression("self.position.close()")
        if not called and name in POSITION_ATTRIBUTES:
            return expression(POSITION_ATTRIBUTES[name])
        return None

    return rewritten(source, change)


RULE = Rule(
    code="unknown_position_attribute",
    family="api",
    title="The position has no such attribute",
    explanation="The code reads something of `self.position` that does not exist.",
    hint="Entry prices and times belong to trades: `self.trades[0].entry_price`.",
    example=example(
        next=NEXT.replace("self.position.close()", "print(self.position.entry_price)\n    self.position.close()")
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
)
