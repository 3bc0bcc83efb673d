"""Something a trade does not have."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.rewriting import rewritten, text
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.vocabulary import TRADE_ATTRIBUTES, TRADE_VALID

_LISTS = ("self.trades", "self.closed_trades")


def _trades(source: Source) -> set[str]:
    """Return the expressions that are a trade, as text."""
    found = {f"{name}[{place}]" for name in _LISTS for place in (-1, 0)}
    for node in source.every(ast.For, ast.comprehension):
        if source.dotted(node.iter) in _LISTS and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    for node in source.every(ast.Assign):
        if isinstance(node.value, ast.Subscript) and source.dotted(node.value.value) in _LISTS:
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def _check_source(source: Source) -> Iterable[Location]:
    trades = _trades(source)
    for node in source.every(ast.Attribute):
        if node.attr not in TRADE_VALID and node.attr in TRADE_ATTRIBUTES and ast.unparse(node.value) in trades:
            yield Location(line=node.lineno, message=_say(node.attr))


def _say(name: str) -> str:
    instead = TRADE_ATTRIBUTES.get(name)
    return f"A trade has no `{name}`" + (f"; it is called `{instead}`." if instead else ".")


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "AttributeError" and "'Trade' object has no attribute" in raised:
        yield Location(line=raised.line, message=_say(raised.message.split("'")[3]))


def _rewrite(source: Source) -> str | None:
    trades = _trades(source)

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Attribute) and node.attr.value in TRADE_ATTRIBUTES and text(node.value) in trades:
            return node.with_changes(attr=cst.Name(TRADE_ATTRIBUTES[node.attr.value]))
        return None

    return rewritten(source, change)


RULE = Rule(
    code="unknown_trade_attribute",
    family="api",
    title="A trade has no such attribute",
    explanation="The code reads something of a trade that does not exist.",
    hint="A trade has entry_price, entry_time, entry_bar, size, pl, pl_pct, sl and tp.",
    example=example(next=NEXT + "for trade in self.trades:\n    if trade.profit_pct > 0.2:\n        trade.close()"),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
)
