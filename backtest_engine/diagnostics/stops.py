"""Stops and targets: on which side of the price they lie, and whether they are prices at all."""

import ast
import re
from collections.abc import Iterator

import libcst as cst

from backtest_engine.diagnostics.meaning import Renderer
from backtest_engine.diagnostics.order_calls import order_calls
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten, text
from backtest_engine.diagnostics.source import Source

_PRICE = re.compile(
    r"\b(?:self\.data\.)?(?:Close|Open|High|Low)\b|price|entry|\bclose\b|\blow\b|\bhigh\b", re.IGNORECASE
)
_DISTANCE = re.compile(r"^\(?(?:[\d.]+ Mult )?ATR\([^)]*\)(?: Mult [\d.]+)?\)?$")


def holds_price(source: Source, value: ast.expr) -> bool:
    """Whether a price is part of an expression."""
    return bool(_PRICE.search(re.sub(r"\w+\([^()]*\)", "", Renderer(source).text(value))))


def is_distance(source: Source, value: ast.expr) -> bool:
    """Whether an expression is a multiple of the average true range and nothing else."""
    return bool(_DISTANCE.match(Renderer(source).text(value)))


def sides(source: Source, *, action: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, argument and text of each stop or target that is plainly on the wrong side of the last close."""
    for rule in order_calls(source):
        if rule.action != action or rule.keyword("limit") is not None or rule.keyword("stop") is not None:
            continue
        for name in ("sl", "tp"):
            value = rule.keyword(name)
            side = _side(source, value)
            wanted = -1 if (action == "buy") == (name == "sl") else 1
            if value is not None and side and side != wanted:
                yield rule.line, name, ast.unparse(value)


def _side(source: Source, value: ast.expr | None) -> int:
    """Return -1 for below the last close, 1 for above it, 0 for unknown."""
    if not isinstance(value, ast.BinOp):
        return 0
    renderer = Renderer(source)
    left, right = renderer.text(value.left), renderer.text(value.right)
    if isinstance(value.op, ast.Mult):
        factor = (
            source.number(value.right) if left == "Close" else source.number(value.left) if right == "Close" else None
        )
        if factor is None and left == "Close":
            return _side_of_factor(source, value.right)
        return 0 if factor is None or factor <= 0.3 else -1 if factor < 1 else 1 if factor > 1 else 0
    if left == "Close" and isinstance(value.op, ast.Add | ast.Sub):
        known = source.number(value.right)
        distance = right.startswith("ATR(") or "ATR(" in right or (known is not None and known > 0)
        return (1 if isinstance(value.op, ast.Add) else -1) if distance and "-" not in right else 0
    return 0


def _side_of_factor(source: Source, factor: ast.expr) -> int:
    if isinstance(factor, ast.BinOp) and source.number(factor.left) == 1:
        return 1 if isinstance(factor.op, ast.Add) else -1 if isinstance(factor.op, ast.Sub) else 0
    return 0


def mirrored(source: Source, *, action: str) -> str | None:
    """Return the code with every plainly misplaced stop and target of that action on the other side of the price."""
    wrong = {(name, written) for _, name, written in sides(source, action=action)}

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if not isinstance(node, cst.Call) or dotted(node.func) != f"self.{action}":
            return None
        own = {name for name, _ in wrong}
        arguments = [
            item.with_changes(value=_mirror(item.value)) if item.keyword and item.keyword.value in own else item
            for item in node.args
        ]
        return node.with_changes(args=arguments)

    return rewritten(source, change) if wrong else None


def _mirror(value: cst.BaseExpression) -> cst.BaseExpression:
    if not isinstance(value, cst.BinaryOperation):
        return value
    if isinstance(value.operator, cst.Add):
        return value.with_changes(operator=cst.Subtract())
    if isinstance(value.operator, cst.Subtract):
        return value.with_changes(operator=cst.Add())
    for side in ("left", "right"):
        part = getattr(value, side)
        try:
            factor = float(text(part))
        except ValueError:
            if isinstance(part, cst.BinaryOperation):
                return value.with_changes(**{side: _mirror(part)})
            continue
        return value.with_changes(**{side: expression(f"{2 - factor:.10g}")})
    return value
