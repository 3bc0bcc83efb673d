"""Plain values as a module writes them down: literals, arithmetic, constants, options and their defaults."""

import ast
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

Dotted = Callable[[ast.AST], str]

_UNKNOWN = object()
_DEEPEST = 8


class WrittenValues:
    """Reads what names and arguments of one module stand for, without running it."""

    def __init__(self, tree: ast.Module, dotted: Dotted) -> None:
        self.tree, self.dotted = tree, dotted

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Each node's parent."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def function(self, node: ast.AST) -> ast.FunctionDef | None:
        """Return the function around a node, None where there is none."""
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, ast.FunctionDef):
                return node
        return None

    def values(self, name: str, at: ast.AST) -> list[ast.expr]:
        """Return what a name may stand for where it is used: an argument, a local or a module's variable."""
        function = self.function(at)
        scopes: list[ast.AST] = [function, self.tree] if function else [self.tree]
        found: list[ast.expr] = []
        for scope in scopes:
            if isinstance(scope, ast.FunctionDef):
                found += self._arguments(scope, name)
            for node in ast.walk(scope):
                found += assigned(node, name)
            if found:
                break
        return found

    def _arguments(self, function: ast.FunctionDef, name: str) -> list[ast.expr]:
        names = [item.arg for item in function.args.args]
        if name not in names + [item.arg for item in function.args.kwonlyargs]:
            return []
        calls = [n for n in ast.walk(self.tree) if isinstance(n, ast.Call) and self.dotted(n.func) == function.name]
        place = names.index(name) if name in names else len(names)
        given = [
            item.args[place] if place < len(item.args) else value
            for item in calls
            if (value := keyword(item, name)) is not None or place < len(item.args)
        ]
        return [item for item in given if item is not None] or _default(function, name)

    def plain(self, call: ast.Call) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the keyword arguments of a call that are plain values, and the text of the others."""
        found: dict[str, Any] = {}
        unread: dict[str, str] = {}
        for name, node in self.keywords(call):
            value = self._value(node, call)
            if value is _UNKNOWN:
                unread[name] = ast.unparse(node)[:80]
            else:
                found[name] = value
        return found, unread

    def keywords(self, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
        """Yield the keyword arguments of a call, those of a dictionary that is spread included."""
        for item in call.keywords:
            if item.arg is not None:
                yield item.arg, item.value
                continue
            spread = item.value
            values = self.values(spread.id, call) if isinstance(spread, ast.Name) else [spread]
            known = values[0] if values else spread
            if isinstance(known, ast.Dict) and all(isinstance(key, ast.Constant) for key in known.keys):
                pairs = zip(known.keys, known.values, strict=True)
                yield from ((str(key.value), value) for key, value in pairs if isinstance(key, ast.Constant))
            elif isinstance(known, ast.Call) and self.dotted(known.func) == "dict" and not known.args:
                yield from ((inner.arg, inner.value) for inner in known.keywords if inner.arg)
            else:
                yield f"**{ast.unparse(spread)[:40]}", spread

    def _value(self, node: ast.expr, at: ast.AST, depth: int = 0) -> Any:
        """Return a plain value that is written down, also as arithmetic or behind a name; `_UNKNOWN` otherwise."""
        if depth > _DEEPEST:
            return _UNKNOWN
        match node:
            case ast.Constant(value=bool() | int() | float() | str() | None):
                return node.value
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                value = self._value(inner, at, depth + 1)
                return -value if is_number(value) else _UNKNOWN
            case ast.BinOp(left=left, right=right):
                numbers = [self._value(side, at, depth + 1) for side in (left, right)]
                made = worked_out(node.op, *numbers) if all(map(is_number, numbers)) else None
                return _UNKNOWN if made is None else made
            case ast.Tuple(elts=items):
                values = tuple(self._value(item, at, depth + 1) for item in items)
                return values if all(map(is_number, values)) else _UNKNOWN
            case ast.Name(id=name):
                values = tuple(self.values(name, at))
                return self._value(values[0], values[0], depth + 1) if len(values) == 1 else _UNKNOWN
            case ast.Subscript() | ast.Attribute():
                entry = self.entry(node, at) if isinstance(node, ast.Subscript) else self._attribute(node, at)
                return self._value(entry, entry, depth + 1) if entry is not None else _UNKNOWN
        return _UNKNOWN

    def entry(self, node: ast.Subscript, at: ast.AST) -> ast.expr | None:
        """Return what a dictionary that is written down holds under a key, None where that is unknown."""
        if not isinstance(node.value, ast.Name):
            return None
        key = self._value(node.slice, at)
        for value in self.values(node.value.id, at):
            if isinstance(value, ast.Dict) and value.values:
                held = {
                    self._value(name, at): item for name, item in zip(value.keys, value.values, strict=True) if name
                }
                return held.get(key)
        return None

    def _attribute(self, node: ast.Attribute, at: ast.AST) -> ast.expr | None:
        """Return what `CONFIG.cash` stands for: a class attribute, or the default of an option of the command line."""
        if not isinstance(node.value, ast.Name):
            return None
        name = node.value.id
        values = [item for item in self.values(name, at) if isinstance(item, ast.Call)]
        stated = next((value for item in values if (value := keyword(item, node.attr)) is not None), None)
        made = {name, *(self.dotted(item.func) for item in values)}
        for item in ast.walk(self.tree):
            if stated is None and isinstance(item, ast.ClassDef) and item.name in made:
                found = [value for part in item.body for value in assigned(part, node.attr)]
                return found[-1] if found else None
        if stated is None and any("parse" in label.rsplit(".", 1)[-1] for label in made):
            return self._option(node.attr)
        return stated

    def _option(self, name: str) -> ast.expr | None:
        for item in ast.walk(self.tree):
            if isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute) and item.func.attr == "add_argument":
                flags = [flag.value for flag in item.args if isinstance(flag, ast.Constant)]
                if name in [str(flag).lstrip("-").replace("-", "_") for flag in flags]:
                    return keyword(item, "default")
        return None


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """Return the argument of a call that is given by this name."""
    return next((item.value for item in call.keywords if item.arg == name), None)


def _default(function: ast.FunctionDef, name: str) -> list[ast.expr]:
    arguments = function.args
    defaults = dict(zip([item.arg for item in arguments.args][::-1], arguments.defaults[::-1], strict=False))
    for item, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if value is not None:
            defaults[item.arg] = value
    return [defaults[name]] if name in defaults else []


def assigned(node: ast.AST, name: str) -> list[ast.expr]:
    """Return what a node binds a name to: the value assigned, or what a loop goes through."""
    if isinstance(node, ast.Assign):
        pairs = [pair for target in node.targets for pair in _pairs(target, node.value)]
        return [value for target, value in pairs if isinstance(target, ast.Name) and target.id == name]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name and node.value:
        return [node.value]
    if isinstance(node, ast.For) and isinstance(node.target, ast.Name) and node.target.id == name:
        return [node.iter]
    return []


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield what `a = 1` and `a, b = 1, 2` assign to what; a part of what is not written down is all of it."""
    if not isinstance(target, ast.Tuple | ast.List):
        yield target, value
        return
    written = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
    parts = value.elts if written and isinstance(value, ast.Tuple | ast.List) else [value] * len(target.elts)
    for one, part in zip(target.elts, parts, strict=True):
        yield from _pairs(one, part)


def is_number(value: Any) -> bool:
    """Whether a value is a number and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def worked_out(operator: ast.operator, left: float | None, right: float | None) -> float | None:
    """Return what an operator makes of two numbers, None where that is no number or a huge one."""
    if left is None or right is None:
        return None
    try:
        match operator:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                return left / right
            case ast.FloorDiv():
                return left // right
            case ast.Pow() if abs(right) <= 12 and abs(left) <= 1000:
                power: float = left**right
                return power
    except (ZeroDivisionError, OverflowError):
        return None
    return None
