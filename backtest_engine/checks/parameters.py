"""Reads a strategy's parameters from its source, without running it."""

import ast
import math
from collections.abc import Iterator, Mapping
from typing import Any

from backtest_engine.diagnostics.source import Source
from backtest_engine.domain import BROKER_RANGES, BrokerSettings
from backtest_engine.errors import InvalidParameter
from backtest_engine.simulation.house import FILLS

_NOT_A_VALUE = object()


def declared_parameters(code: str) -> dict[str, Any]:
    """Return the class attributes of the strategy that would run, by name, with their defaults.

    A parameter is a public attribute with a plain value: a number, a text, a boolean, None, or arithmetic of numbers.
    Code that is no Python declares nothing.
    """
    source = Source(code)
    declared: dict[str, Any] = {}
    for node in reversed(source.lineage):
        declared |= _class_values(node, source)
    return declared


def effective_parameters(code: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the declared parameters with the given values in place. Raises `InvalidParameter`."""
    declared = declared_parameters(code)
    return {**declared, **{name: _accepted(name, value, declared) for name, value in given.items()}}


def check_broker(broker: BrokerSettings) -> None:
    """Raise `InvalidParameter` for settings that no broker offers or that make no sense."""
    for name, choices in (("fills", FILLS), ("fractional", ("auto", True, False))):
        if getattr(broker, name) not in choices:
            said = f"{name} must be one of {', '.join(str(choice).lower() for choice in choices)}."
            raise InvalidParameter(said, details={"parameter": name})
    for name, (least, most) in BROKER_RANGES.items():
        value = getattr(broker, name)
        # Not a number is in no range.
        if not least <= value <= most:
            said = f"{name} must be from {least:g} to {most:g}, not {value!r}."[:200]
            raise InvalidParameter(said, details={"parameter": name})


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
                if not name.startswith("_") and plain is not _NOT_A_VALUE:
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


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def _accepted(name: str, value: Any, declared: Mapping[str, Any]) -> Any:
    if name not in declared:
        known = ", ".join(sorted(declared)) or "none"
        raise InvalidParameter(
            f"The strategy has no parameter {name!r}; it declares: {known}.",
            details={"parameter": name, "declared": dict(declared)},
        )
    default = declared[name]
    wanted = _wanted_type(default, value)
    if wanted is not None:
        raise InvalidParameter(
            f"The parameter {name!r} must be {wanted}, like its default {default!r}, not {value!r}."[:500],
            details={"parameter": name, "declared": dict(declared)},
        )
    if isinstance(default, int) and not isinstance(default, bool) and isinstance(value, float):
        return int(value)
    return value


def _wanted_type(default: Any, value: Any) -> str | None:
    """Return what the value should have been, or None when it fits the default."""
    if isinstance(default, bool):
        return None if isinstance(value, bool) else "true or false"
    if isinstance(default, str):
        return None if isinstance(value, str) else "a text"
    if default is None:
        return None if value is None or isinstance(value, bool | int | float | str) else "a plain value"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "a finite number"
    if isinstance(default, int) and value != int(value):
        return "a whole number"
    return None
