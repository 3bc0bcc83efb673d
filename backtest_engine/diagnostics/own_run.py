"""The backtest that a file sets up for itself: its class, its settings, its parameters, and what it would optimise."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from backtest_engine.diagnostics.module_parts import is_backtest
from backtest_engine.diagnostics.written_values import WrittenValues, is_number, keyword
from backtest_engine.domain import BrokerSettings

Dotted = Callable[[ast.AST], str]

_SETTINGS = {item.name for item in fields(BrokerSettings)}
_DEEPEST = 8
_CUTTING = frozenset({"head", "tail", "resample", "query", "truncate", "between_time", "sample", "groupby"})


@dataclass(frozen=True, kw_only=True)
class OwnRun:
    """What a file's own `Backtest(…)` and its `run(…)` or `optimize(…)` say, as far as it is written down.

    `strategy` is the name of the class that it names. `settings` are those of the broker that are stated, `parameters`
    those of the run, `optimize` what each parameter would be tried at, as it is written. `unread` are arguments that
    are no plain values, with their text. `part_of_data` is how the file cuts or resamples its data before.
    """

    line: int
    strategy: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    optimize: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    part_of_data: str | None = None


def own_run_of(tree: ast.Module, classes: set[str], dotted: Dotted) -> OwnRun | None:
    """Return the first backtest that a module sets up outside its strategies; None where there is none."""
    return _Reader(tree, classes, dotted).read()


def settings_of(stated: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the settings of a broker among the arguments of a `Backtest(…)`, and the text of the others."""
    # What is open at the end is closed in every run.
    found = {name: value for name, value in stated.items() if (name, value) != ("finalize_trades", True)}
    match found.get("commission"):
        case [0 | 0.0, share]:
            found["commission"] = share
    settings = {name: value for name, value in found.items() if name in _SETTINGS and _fits(name, value)}
    return settings, {name: repr(value) for name, value in found.items() if name not in settings}


class _Reader:
    def __init__(self, tree: ast.Module, classes: set[str], dotted: Dotted) -> None:
        self.tree, self.classes, self.dotted = tree, classes, dotted
        self.values = WrittenValues(tree, dotted)

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
        parameters, unread_parameters = self.values.plain(runs[0]) if runs else ({}, {})
        looped = self._looped(runs[0], unread_parameters) if runs else {}
        unread |= {name: text for name, text in unread_parameters.items() if name not in looped}
        return OwnRun(
            line=first.lineno,
            strategy=named[0] if named else None,
            settings=settings,
            parameters=parameters,
            optimize={**looped, **(self._searched(searches[0]) if searches else {})},
            unread=unread,
            part_of_data=self._cut(_given(first, 0, "data"), first),
            others=tuple(dict.fromkeys(name for name in named if name != named[0])),
        )

    def _scripts(self, root: ast.AST) -> Iterator[ast.AST]:
        """Yield nodes in the order of the code; of the strategies, only what is no method of their instances."""
        inside = isinstance(root, ast.ClassDef) and root.name in self.classes
        for node in ast.iter_child_nodes(root):
            if not inside or (isinstance(node, ast.FunctionDef) and node.decorator_list):
                yield node
                yield from self._scripts(node)

    def _strategies(self, call: ast.AST) -> list[str]:
        """Return the classes that a backtest is given, also through a parameter or a loop."""
        if not isinstance(call, ast.Call):
            return []
        return [name for name in self._names(_given(call, 1, "strategy"), call) if name in self.classes]

    def _names(self, node: ast.expr | None, at: ast.AST, depth: int = 0) -> list[str]:
        if isinstance(node, ast.Subscript):
            entry = self.values.entry(node, at)
            return self._names(entry, at, depth + 1) if entry is not None and depth <= _DEEPEST else []
        if not isinstance(node, ast.Name) or depth > _DEEPEST:
            items = node.elts if isinstance(node, ast.List | ast.Tuple) else []
            return [name for item in items for name in self._names(item, at, depth + 1)]
        if node.id in self.classes:
            return [node.id]
        if node.id == "cls":
            owner = self.values.parents.get(self.values.function(at) or at)
            return [owner.name] if isinstance(owner, ast.ClassDef) else []
        return [name for value in self.values.values(node.id, at) for name in self._names(value, value, depth + 1)]

    def _calls_on(self, backtest: ast.AST, method: str) -> Iterator[ast.Call]:
        """Yield `bt.run(…)` of a backtest that was given a name, or called at once."""
        parent = self.values.parents.get(backtest)
        held: set[str] = set()
        if isinstance(parent, ast.Assign):
            held = {target.id for target in parent.targets if isinstance(target, ast.Name)}
        scope = self.values.function(backtest) or self.tree
        for node in self._scripts(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method:
                on = node.func.value
                named = (
                    isinstance(on, ast.Name) and on.id in held and (self.values.function(node) or self.tree) is scope
                )
                if on is backtest or named:
                    yield node

    def _settings(self, call: ast.AST) -> tuple[dict[str, Any], dict[str, str]]:
        if not isinstance(call, ast.Call):
            return {}, {}
        found, unread = self.values.plain(call)
        found.pop("strategy", None)
        unread = {name: text for name, text in unread.items() if name not in ("data", "strategy")}
        if self.dotted(call.func).endswith("FractionalBacktest"):
            found["fractional"] = True
        settings, others = settings_of(found)
        return settings, unread | others

    def _looped(self, run: ast.Call, unread: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters that a loop tries one after the other, with what it goes through."""
        loops = [node for node in ast.walk(self.tree) if isinstance(node, ast.For | ast.comprehension)]
        through = {node.target.id: ast.unparse(node.iter)[:200] for node in loops if isinstance(node.target, ast.Name)}
        named = {name: node.id for name, node in self.values.keywords(run) if isinstance(node, ast.Name)}
        return {name: through[named[name]] for name in unread if named.get(name) in through}

    def _cut(self, data: ast.expr | None, at: ast.AST) -> str | None:
        """Return how the data of a backtest are cut or resampled on their way to it, None where they are not."""
        waiting: list[ast.AST] = [data] if data is not None else []
        for scaled in self.values.values(data.id, at) if isinstance(data, ast.Name) else []:
            if isinstance(scaled, ast.BinOp):
                return ast.unparse(scaled)[:80]
        seen: set[ast.AST] = set()
        functions = {node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)}
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            for node in ast.walk(current):
                if _cuts(node):
                    return ast.unparse(node)[:80]
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    where = current if self.values.parents.get(current) else at
                    held = self.values.values(node.id, where)
                    waiting += functions[node.id].body if node.id in functions else held
        return None

    def _searched(self, call: ast.Call) -> dict[str, str]:
        own = {"maximize", "method", "max_tries", "constraint", "return_heatmap", "return_optimization", "random_state"}
        return {name: ast.unparse(node)[:200] for name, node in self.values.keywords(call) if name not in own}


def _given(call: ast.AST, place: int, name: str) -> ast.expr | None:
    if not isinstance(call, ast.Call):
        return None
    return call.args[place] if len(call.args) > place else keyword(call, name)


def _cuts(node: ast.AST) -> bool:
    """Whether an expression takes some rows of a table, or makes other ones."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in _CUTTING
    if not isinstance(node, ast.Subscript):
        return False
    rows = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
    bounded = isinstance(rows, ast.Slice) and (rows.lower is not None or rows.upper is not None)
    masked = any(isinstance(item, ast.Compare) for item in ast.walk(rows))
    return (bounded or masked) and not isinstance(node.value, ast.Constant)


def _fits(name: str, value: Any) -> bool:
    """Whether a value is of the kind that the setting takes."""
    default = getattr(BrokerSettings(), name)
    if isinstance(default, bool):
        return isinstance(value, bool)
    return is_number(value) if isinstance(default, int | float) else isinstance(value, type(default))
