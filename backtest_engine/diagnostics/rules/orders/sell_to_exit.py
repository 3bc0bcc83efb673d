"""`self.sell()` used to leave a long position."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.order_calls import OrderCall, order_calls
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten
from backtest_engine.diagnostics.source import Source


def _exits(source: Source) -> list[OrderCall]:
    """Return the sells that happen only while something is held."""
    rules = order_calls(source)
    closes = {tuple(ast.dump(test) for test, _ in rule.tests) for rule in rules if rule.action == "close"}
    found = []
    for rule in rules:
        if rule.action != "sell" or tuple(ast.dump(test) for test, _ in rule.tests) in closes:
            continue
        size = rule.keyword("size")
        if size is not None and "position" in ast.unparse(size):
            continue
        if any(sign and _held(source, test) for test, sign in rule.atoms):
            found.append(rule)
    return found


def _held(source: Source, test: ast.expr) -> bool:
    if source.dotted(test) in ("self.position", "self.position.is_long", "self.trades", "self.position.size"):
        return True
    return (
        isinstance(test, ast.Compare)
        and source.dotted(test.left) == "self.position.size"
        and isinstance(test.ops[0], ast.Gt | ast.NotEq)
    )


def _check_source(source: Source) -> Iterable[Location]:
    for rule in _exits(source):
        yield Location(line=rule.line)


def _rewrite(source: Source) -> str | None:
    rules = order_calls(source)
    if len(_exits(source)) != len([rule for rule in rules if rule.action == "sell"]):
        return None

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Call) and dotted(node.func) == "self.sell":
            return expression("self.position.close()")
        return None

    return rewritten(source, change, within=tuple(m.name for m in source.reached("next")))


RULE = Rule(
    code="sell_to_exit",
    family="order",
    severity="error",
    title="Sells to leave",
    explanation=(
        "`self.sell()` opens a short position of its own size; what remains after the long is closed stays short."
    ),
    hint="Leave with `self.position.close()`.",
    example=example(next=NEXT.replace("self.position.close()", "self.sell()")),
    check_source=_check_source,
    rewrite=_rewrite,
)
