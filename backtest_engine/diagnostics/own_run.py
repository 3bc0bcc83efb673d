"""The backtest that a file sets up for itself: its class, its settings, its parameters, and what it would optimise."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from backtest_engine.diagnostics.module_parts import is_backtest
from backtest_engine.domain import BrokerSettings

Dotted = Callable[[ast.AST], str]
Names = Mapping[str, ast.expr]

_SETTINGS = {item.name for item in fields(BrokerSettings)}
_UNKNOWN = object()
_DEEPEST = 8


@dataclass(frozen=True, kw_only=True)
class OwnRun:
    """What a file's own `Backtest(…)` and its `run(…)` or `optimize(…)` say, as far as it is written down.

    `strategy` is the name of the class that it names. `settings` are those of the broker that are stated, `parameters`
    those of the run, `optimize` what each parameter would be tried at, as it is written. `unread` are arguments that
    are no plain values, with their text.
    """

    line: int
    strategy: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    optimize: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()


def own_run_of(tree: ast.Module, classes: set[str], dotted: Dotted) -> OwnRun | None:
    """Return the first backtest that a module sets up outside its strategies; None where there is none."""
    return _Reader(tree, classes, dotted).read()


class _Reader:
    def __init__(self, tree: ast.Module, classes: set[str], dotted: Dotted) -> None:
        self.tree, self.classes, self.dotted = tree, classes, dotted

    def read(self) -> OwnRun | None:
        calls = [
            node for node in self._scripts(self.tree) if isinstance(node, ast.Call) and is_backtest(node, self.dotted)
        ]
        if not calls:
            return None
        named = [name for call in calls for name in self._strategies(call)]
        first = next((call for call in calls if self._strategies(call)), calls[0])
        runs = list(self._calls_on(first, "run"))
        searches = list(self._calls_on(first, "optimize"))
        settings, unread = self._settings(first)
        parameters, unread_parameters = self._plain(runs[0]) if runs else ({}, {})
        return OwnRun(
            line=first.lineno,
            strategy=named[0] if named else None,
            settings=settings,
            parameters=parameters,
            optimize=self._searched(searches[0]) if searches else {},
            unread={**unread, **unread_parameters},
            others=tuple(dict.fromkeys(name for name in named if name != named[0])),
        )

    def _scripts(self, root: ast.AST) -> Iterator[ast.AST]:
        """Yield nodes in the order of the code, but for those inside the strategies."""
        for node in ast.iter_child_nodes(root):
            if not (isinstance(node, ast.ClassDef) and node.name in self.classes):
                yield node
                yield from self._scripts(node)

    @cached_property
    def _parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def _function(self, node: ast.AST) -> ast.FunctionDef | None:
        while node in self._parents:
            node = self._parents[node]
            if isinstance(node, ast.FunctionDef):
                return node
        return None

    def _strategies(self, call: ast.AST) -> list[str]:
        """Return the classes that a backtest is given, also through a parameter or a loop."""
        if not isinstance(call, ast.Call):
            return []
        given = call.args[1] if len(call.args) > 1 else _keyword(call, "strategy")
        return [name for name in self._names(given, call) if name in self.classes]

    def _names(self, node: ast.expr | None, at: ast.AST, depth: int = 0) -> list[str]:
        if not isinstance(node, ast.Name) or depth > _DEEPEST:
            items = node.elts if isinstance(node, ast.List | ast.Tuple) else []
            return [name for item in items for name in self._names(item, at, depth + 1)]
        if node.id in self.classes:
            return [node.id]
        return [name for value in self._values(node.id, at) for name in self._names(value, value, depth + 1)]

    def _values(self, name: str, at: ast.AST) -> list[ast.expr]:
        """Return what a name may stand for where it is used: an argument, a local or a module's variable."""
        function = self._function(at)
        scopes: list[ast.AST] = [function, self.tree] if function else [self.tree]
        found: list[ast.expr] = []
        for scope in scopes:
            if isinstance(scope, ast.FunctionDef):
                found += self._arguments(scope, name)
            for node in ast.walk(scope):
                found += _assigned(node, name)
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
            if (value := _keyword(item, name)) is not None or place < len(item.args)
        ]
        return [item for item in given if item is not None] or _default(function, name)

    def _calls_on(self, backtest: ast.AST, method: str) -> Iterator[ast.Call]:
        """Yield `bt.run(…)` of a backtest that was given a name, or called at once."""
        parent = self._parents.get(backtest)
        held: set[str] = set()
        if isinstance(parent, ast.Assign):
            held = {target.id for target in parent.targets if isinstance(target, ast.Name)}
        scope = self._function(backtest) or self.tree
        for node in self._scripts(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method:
                on = node.func.value
                named = isinstance(on, ast.Name) and on.id in held and (self._function(node) or self.tree) is scope
                if on is backtest or named:
                    yield node

    def _settings(self, call: ast.AST) -> tuple[dict[str, Any], dict[str, str]]:
        if not isinstance(call, ast.Call):
            return {}, {}
        found, unread = self._plain(call)
        found.pop("strategy", None)
        unread = {name: text for name, text in unread.items() if name not in ("data", "strategy")}
        if self.dotted(call.func).endswith("FractionalBacktest"):
            found["fractional"] = True
        settings = {name: value for name, value in found.items() if name in _SETTINGS and _fits(name, value)}
        return settings, unread | {name: repr(value) for name, value in found.items() if name not in settings}

    def _plain(self, call: ast.Call) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the keyword arguments of a call that are plain values, and the text of the others."""
        found: dict[str, Any] = {}
        unread: dict[str, str] = {}
        for name, node in self._keywords(call):
            value = self._value(node, call)
            if value is _UNKNOWN:
                unread[name] = ast.unparse(node)[:80]
            else:
                found[name] = value
        return found, unread

    def _keywords(self, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
        for item in call.keywords:
            if item.arg is not None:
                yield item.arg, item.value
                continue
            spread = item.value
            values = self._values(spread.id, call) if isinstance(spread, ast.Name) else [spread]
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
                return -value if _is_number(value) else _UNKNOWN
            case ast.BinOp(left=left, right=right):
                return _worked_out(node.op, self._value(left, at, depth + 1), self._value(right, at, depth + 1))
            case ast.Name(id=name):
                values = self._values(name, at)
                return self._value(values[0], values[0], depth + 1) if len(values) == 1 else _UNKNOWN
        return _UNKNOWN

    def _searched(self, call: ast.Call) -> dict[str, str]:
        own = {"maximize", "method", "max_tries", "constraint", "return_heatmap", "return_optimization", "random_state"}
        return {name: ast.unparse(node)[:200] for name, node in self._keywords(call) if name not in own}


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((item.value for item in call.keywords if item.arg == name), None)


def _default(function: ast.FunctionDef, name: str) -> list[ast.expr]:
    arguments = function.args
    defaults = dict(zip([item.arg for item in arguments.args][::-1], arguments.defaults[::-1], strict=False))
    for item, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if value is not None:
            defaults[item.arg] = value
    return [defaults[name]] if name in defaults else []


def _assigned(node: ast.AST, name: str) -> list[ast.expr]:
    if isinstance(node, ast.Assign) and any(isinstance(item, ast.Name) and item.id == name for item in node.targets):
        return [node.value]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name and node.value:
        return [node.value]
    if isinstance(node, ast.For) and isinstance(node.target, ast.Name) and node.target.id == name:
        return [node.iter]
    return []


def _fits(name: str, value: Any) -> bool:
    """Whether a value is of the kind that the setting takes."""
    default = getattr(BrokerSettings(), name)
    if isinstance(default, bool):
        return isinstance(value, bool)
    return _is_number(value) if isinstance(default, int | float) else isinstance(value, type(default))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _worked_out(operator: ast.operator, left: Any, right: Any) -> Any:
    if not _is_number(left) or not _is_number(right):
        return _UNKNOWN
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div() if right:
            return left / right
        case ast.Pow() if abs(right) <= 12 and abs(left) <= 1000:
            return left**right
    return _UNKNOWN
