"""The parameters that a strategy declares: class attributes with plain values."""

import ast
import re
import sys
from collections.abc import Iterator
from typing import Any

from backtest_engine.diagnostics.source import Source

_NOT_A_VALUE = object()
_SURROGATE = re.compile("[\ud800-\udfff]")


def parameters_of(source: Source) -> dict[str, Any]:
    """Return the class attributes of the strategy that would run, by name, with their defaults.

    A parameter is a public attribute with a plain value: a number, a text, a boolean, None, or arithmetic of numbers,
    as every database and JSON can hold it: finite, and a text without NUL and halves of surrogate pairs.
    """
    declared: dict[str, Any] = {}
    for node in reversed(source.lineage):
        declared |= _class_values(node, source)
    return declared


def _class_values(node: ast.ClassDef, source: Source) -> dict[str, Any]:
    values = {}
    for statement in node.body:
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        else:
            continue
        for target in targets:
            for name, part in _pairs(target, value):
                plain = _value(source.module_constants.get(part.id, part) if isinstance(part, ast.Name) else part)
                if not name.startswith("_") and _can_be_kept(plain):
                    values[name] = plain
    return values


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yield what `a = 1` and `a, b = 1, 2` assign."""
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, part in zip(target.elts, value.elts, strict=False):
            yield from _pairs(one, part)


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool | int | float | str)):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _value(node.operand)
        if _is_number(value):
            return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div):
        return _arithmetic(node.op, _value(node.left), _value(node.right))
    return _NOT_A_VALUE


def _arithmetic(operator: ast.operator, left: Any, right: Any) -> Any:
    if not _is_number(left) or not _is_number(right):
        return _NOT_A_VALUE
    if isinstance(operator, ast.Add):
        return left + right
    if isinstance(operator, ast.Sub):
        return left - right
    if isinstance(operator, ast.Mult):
        return left * right
    return left / right if right else _NOT_A_VALUE


def _can_be_kept(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" not in value and not _SURROGATE.search(value)
    if isinstance(value, int | float):
        return abs(value) <= sys.float_info.max
    return value is None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
