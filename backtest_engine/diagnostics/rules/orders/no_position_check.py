"""Buys again on every bar of a condition that lasts."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.order_calls import OrderCall, order_calls
from backtest_engine.diagnostics.rewriting import dotted, rewritten
from backtest_engine.diagnostics.source import Source

_STATE = ("position", "trades", "orders", "closed_trades")


def _repeats(source: Source) -> list[OrderCall]:
    """Return the entries whose condition is a state, not an event, and asks for no position."""
    found = []
    for rule in order_calls(source):
        size = source.number(rule.keyword("size"))
        if rule.action == "close" or size is None or rule.mentions(*_STATE) or not rule.tests:
            continue
        if any(_event(source, test) for test, _ in rule.tests) or _counts(source, rule):
            continue
        found.append(rule)
    return found


def _event(source: Source, test: ast.expr) -> bool:
    text = ast.unparse(test)
    return any(word in text for word in ("cross", "barssince", "[-2]", "index", "len(", ".day", ".month", "%"))


def _counts(source: Source, rule: OrderCall) -> bool:
    """Whether the strategy keeps an account of its own, as in `self.entered` or `self.last_buy`."""
    read = {node.attr for test, _ in rule.tests for node in ast.walk(test) if isinstance(node, ast.Attribute)}
    written = {
        node.attr
        for method in source.reached("next")
        for node in ast.walk(method)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    return bool(read & written)


def _check_source(source: Source) -> Iterable[Location]:
    for rule in _repeats(source):
        yield Location(line=rule.line)


def _rewrite(source: Source) -> str | None:
    lines = {rule.line for rule in _repeats(source)}
    if not lines:
        return None

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.If) and isinstance(node.body, cst.IndentedBlock) and _orders(node.body):
            test = node.test
            if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.Or):
                test = test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
            left = cst.parse_expression("not self.position")
            return node.with_changes(test=cst.BooleanOperation(left=left, operator=cst.And(), right=test))
        return None

    return rewritten(source, change, within=("next",))


def _orders(block: cst.IndentedBlock) -> bool:
    for item in block.body:
        if isinstance(item, cst.SimpleStatementLine) and isinstance(item.body[0], cst.Expr):
            call = item.body[0].value
            if isinstance(call, cst.Call) and dotted(call.func) in ("self.buy", "self.sell"):
                return True
    return False


RULE = Rule(
    code="no_position_check",
    family="order",
    severity="warning",
    title="Buys again on every bar",
    explanation=(
        "The entry asks for no position, and its condition lasts for many bars: it orders again on each of them."
    ),
    hint="Ask `if not self.position and …` before entering.",
    example=example(
        next=(
            "if self.fast[-1] > self.slow[-1]:\n    self.buy(size=0.5)\n"
            "if self.fast[-1] < self.slow[-1]:\n    self.position.close()"
        )
    ),
    check_source=_check_source,
    rewrite=_rewrite,
    rewrite_guesses=True,
)
