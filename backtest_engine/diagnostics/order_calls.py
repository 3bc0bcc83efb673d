"""What a strategy does, read from `next`: each order with the conditions on the way to it.

Conditions are the expanded expressions: local names, class constants and indicator attributes are replaced by what
they stand for, so that two ways of writing the same rule look the same.
"""

import ast
import copy
from dataclasses import dataclass
from typing import TypeVar

from backtest_engine.diagnostics.source import Source

Expression = TypeVar("Expression", bound=ast.expr)
_LARGEST = 400

ORDERS = {"self.buy": "buy", "self.sell": "sell", "self.position.close": "close"}


@dataclass(frozen=True, kw_only=True)
class OrderCall:
    """One order call: `buy`, `sell` or `close`, and every test that must hold (or, negated, fail) to reach it."""

    action: str
    call: ast.Call
    tests: tuple[tuple[ast.expr, bool], ...]

    @property
    def line(self) -> int:
        """Where the order is placed."""
        return self.call.lineno

    def keyword(self, name: str) -> ast.expr | None:
        """Return an argument of the order, None where it is not given."""
        return next((item.value for item in self.call.keywords if item.arg == name), None)

    @property
    def atoms(self) -> list[tuple[ast.expr, bool]]:
        """The tests, split at `and`, with the sign each must have."""
        found: list[tuple[ast.expr, bool]] = []
        waiting = list(self.tests)
        while waiting:
            test, sign = waiting.pop(0)
            if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
                waiting.insert(0, (test.operand, not sign))
            elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And if sign else ast.Or):
                waiting[:0] = [(item, sign) for item in test.values]
            else:
                found.append((test, sign))
        return found

    def mentions(self, *names: str) -> bool:
        """Whether any condition reads one of these attributes of `self`."""
        return any(
            isinstance(node, ast.Attribute) and node.attr in names for test, _ in self.tests for node in ast.walk(test)
        )


def order_calls(source: Source) -> list[OrderCall]:
    """Return the strategy's orders in the order of the code; empty when it has no `next`."""
    known = source.__dict__.get("_rules")
    if known is None:
        method = source.methods.get("next")
        known = source.__dict__["_rules"] = _Reader(source).read(method.body) if method else []
    return known


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[OrderCall] = []
        self.depth = 0

    def read(self, body: list[ast.stmt]) -> list[OrderCall]:
        self._block(body, (), {})
        return self.found

    def _block(
        self, body: list[ast.stmt], tests: tuple[tuple[ast.expr, bool], ...], names: dict[str, ast.expr]
    ) -> bool:
        """Read a block; return whether it always leaves `next`."""
        for item in body:
            if isinstance(item, ast.If):
                test = _expanded(item.test, names)
                left = self._block(item.body, (*tests, (test, True)), dict(names))
                right = self._block(item.orelse, (*tests, (test, False)), dict(names)) if item.orelse else False
                if left and not right:
                    tests = (*tests, (test, False))
                elif right and not left:
                    tests = (*tests, (test, True))
                elif left and right:
                    return True
            elif isinstance(item, ast.Return | ast.Raise | ast.Continue | ast.Break):
                self._orders(item, tests, names)
                return True
            elif isinstance(item, ast.For | ast.While | ast.With | ast.Try):
                for block in ("body", "orelse", "finalbody"):
                    self._block(getattr(item, block, []), tests, dict(names))
            else:
                self._orders(item, tests, names)
                if isinstance(item, ast.Assign) and len(item.targets) == 1 and isinstance(item.targets[0], ast.Name):
                    names[item.targets[0].id] = _expanded(item.value, names)
        return False

    def _orders(self, item: ast.stmt, tests: tuple[tuple[ast.expr, bool], ...], names: dict[str, ast.expr]) -> None:
        for call in [node for node in ast.walk(item) if isinstance(node, ast.Call)]:
            label = self.source.dotted(call.func)
            if label in ORDERS:
                self.found.append(OrderCall(action=ORDERS[label], call=_expanded(call, names), tests=tests))
            elif isinstance(call.func, ast.Attribute) and call.func.attr == "close" and not call.args:
                self.found.append(OrderCall(action="close", call=_expanded(call, names), tests=tests))
            elif label.startswith("self.") and self.depth < 3:
                method = self.source.methods.get(label.removeprefix("self."))
                if method is not None:
                    self.depth += 1
                    self._block(method.body, tests, dict(names))
                    self.depth -= 1


class _Names(ast.NodeTransformer):
    def __init__(self, names: dict[str, ast.expr]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        found = self.names.get(node.id)
        return copy.deepcopy(found) if found is not None and isinstance(node.ctx, ast.Load) else node


def _expanded(node: Expression, names: dict[str, ast.expr]) -> Expression:
    """Return a copy with local names replaced, unless that would make it absurdly large."""
    used = [names[item.id] for item in ast.walk(node) if isinstance(item, ast.Name) and item.id in names]
    if not used or sum(_size(item) for item in used) > _LARGEST:
        return node
    expanded: Expression = _Names(names).visit(copy.deepcopy(node))
    return expanded


def _size(node: ast.AST) -> int:
    return sum(1 for _ in ast.walk(node))
