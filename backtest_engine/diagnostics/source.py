"""Strategy code as the rules read it: its tree, its names, its strategy class."""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import libcst as cst

from backtest_engine.diagnostics.module_parts import ModuleParts, divide
from backtest_engine.diagnostics.own_run import OwnRun, own_run_of
from backtest_engine.diagnostics.written_values import worked_out

#: Longer text is no strategy; parsing it would only cost time.
LONGEST = 200_000

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


#: Arguments of `self.I` that say how an indicator is drawn.
DISPLAY = frozenset({"name", "plot", "overlay", "color", "scatter"})


@dataclass(frozen=True, kw_only=True)
class IndicatorCall:
    """One `self.I(function, *arguments)` and the attributes that hold its result."""

    call: ast.Call
    names: tuple[str, ...]

    @property
    def function(self) -> ast.expr | None:
        """The function that is passed, None where there is none."""
        return self.call.args[0] if self.call.args else None

    @property
    def line(self) -> int:
        """Where it is declared."""
        return self.call.lineno


class Source:
    """One strategy's text, parsed at most once; text that cannot be parsed has no tree and a `syntax_error`.

    Nodes are those that the strategy may run, or all of them where `whole`.
    """

    def __init__(self, code: str, *, whole: bool = False) -> None:
        self.code = code
        self._whole = whole
        self.tree: ast.Module | None = None
        self.syntax_error: SyntaxError | None = None
        if len(code) > LONGEST:
            self.syntax_error = SyntaxError("the text is too long for a strategy")
            return
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.tree = ast.parse(code)
        except SyntaxError as error:
            self.syntax_error = error
        except (ValueError, RecursionError, MemoryError) as error:
            self.syntax_error = SyntaxError(str(error) or type(error).__name__)

    @cached_property
    def lines(self) -> list[str]:
        """The text, line by line."""
        return self.code.split("\n")

    def line(self, number: int | None) -> str:
        """Return one line, stripped; empty where there is none."""
        return self.lines[number - 1].strip() if number and 0 < number <= len(self.lines) else ""

    @cached_property
    def module(self) -> cst.Module | None:
        """The concrete tree that keeps comments and blanks, for rewriting."""
        try:
            return cst.parse_module(self.code)
        except (cst.ParserSyntaxError, RecursionError, ValueError):
            return None

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node that the strategy may run, outer ones first; all of them where there is no strategy class."""
        return self._all_nodes if self._whole else list(self.parts.nodes())

    @cached_property
    def _all_nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree)) if self.tree else []

    @cached_property
    def parts(self) -> ModuleParts:
        """What the strategy needs of the module, and what it does not."""
        return divide(self.tree, self.lineage, self.dotted) if self.tree else ModuleParts(needed=())

    @cached_property
    def own_run(self) -> OwnRun | None:
        """The backtest that the file sets up for itself, None where there is none."""
        names = {node.name for node in self.strategies}
        return own_run_of(self.tree, names, self.dotted) if self.tree else None

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Each node's parent."""
        return {child: node for node in self._all_nodes for child in ast.iter_child_nodes(node)}

    @cached_property
    def _by_kind(self) -> dict[type[ast.AST], list[ast.AST]]:
        found: dict[type[ast.AST], list[ast.AST]] = {}
        for node in self.nodes:
            found.setdefault(type(node), []).append(node)
        return found

    def every(self, *kinds: type[Any]) -> Iterator[Any]:
        """Yield all nodes of exactly these kinds."""
        return (node for kind in kinds for node in self._by_kind.get(kind, ()))

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes around a node, from the inside out."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    @cached_property
    def imports(self) -> dict[str, str]:
        """What each imported name stands for, as in `{"pd": "pandas", "crossover": "backtesting.lib.crossover"}`."""
        found: dict[str, str] = {}
        for node in self._all_nodes:
            for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
                if isinstance(node, ast.ImportFrom):
                    found[alias.asname or alias.name] = f"{node.module or '.'}.{alias.name}"
                elif alias.asname:
                    found[alias.asname] = alias.name
                else:
                    found[alias.name.split(".")[0]] = alias.name.split(".")[0]
        return found

    def dotted(self, node: ast.AST | None) -> str:
        """Return `a.b.c` with imports resolved, empty for anything that is not a plain dotted name."""
        if not isinstance(node, ast.Attribute | ast.Name):
            return ""
        known = self._labels.get(node)
        if known is None:
            known = self._labels[node] = self._dotted(node)
        return known

    @cached_property
    def _labels(self) -> dict[ast.AST, str]:
        return {}

    def _dotted(self, node: ast.AST) -> str:
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self.imports.get(node.id, node.id), *reversed(parts)])

    def called(self, node: ast.AST) -> str:
        """Return the dotted name of what a call calls."""
        return self.dotted(node.func) if isinstance(node, ast.Call) else ""

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """Yield the calls of these dotted names."""
        return (node for node in self.every(ast.Call) if self.dotted(node.func) in names)

    @cached_property
    def classes(self) -> list[ast.ClassDef]:
        """Every class, wherever it is defined."""
        return [node for node in self._all_nodes if isinstance(node, ast.ClassDef)]

    @cached_property
    def strategies(self) -> list[ast.ClassDef]:
        """The classes that derive from a backtesting strategy, directly or through each other."""
        known = {"Strategy", "SignalStrategy", "TrailingStrategy"}
        found: list[ast.ClassDef] = []
        for node in self.classes:
            bases = {self.dotted(base).rsplit(".", 1)[-1]: self.dotted(base) for base in node.bases}
            own = {item.name for item in found}
            if any(
                name in own or (name in known and not full.startswith(("backtrader", "bt.", "jesse", "freqtrade")))
                for name, full in bases.items()
            ):
                found.append(node)
        return found

    @cached_property
    def strategy(self) -> ast.ClassDef | None:
        """The class that would be run: the one the file itself backtests, else the last that no other derives from."""
        meant = self.own_run.strategy if self.own_run else None
        named = [node for node in self.strategies if node.name == meant]
        found = named or self.leaves
        return found[-1] if found else None

    @cached_property
    def leaves(self) -> list[ast.ClassDef]:
        """The strategies that no other one derives from."""
        based = {self.dotted(base) for node in self.strategies for base in node.bases}
        return [node for node in self.strategies if node.name not in based]

    @cached_property
    def lineage(self) -> list[ast.ClassDef]:
        """The strategy class and those of its bases that are defined here, the leaf first."""
        by_name = {node.name: node for node in self.classes}
        chain: list[ast.ClassDef] = []
        waiting = [self.strategy] if self.strategy else []
        while waiting:
            node = waiting.pop(0)
            if node not in chain:
                chain.append(node)
                waiting[:0] = [by_name[self.dotted(base)] for base in node.bases if self.dotted(base) in by_name]
        return chain

    @cached_property
    def methods(self) -> dict[str, ast.FunctionDef]:
        """The strategy's methods by name, inherited ones included."""
        found: dict[str, ast.FunctionDef] = {}
        for node in self.lineage:
            for item in node.body:
                if isinstance(item, ast.FunctionDef):
                    found.setdefault(item.name, item)
        return found

    @cached_property
    def functions(self) -> dict[str, ast.FunctionDef]:
        """Functions outside any class, and those nested in methods, by name."""
        owned = {item for node in self.classes for item in node.body}
        return {node.name: node for node in self.every(ast.FunctionDef) if node not in owned}

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        """Class attributes of the strategy: its parameters, most of the time."""
        found: dict[str, ast.expr] = {}
        for node in self.lineage:
            for item in node.body:
                if isinstance(item, ast.Assign):
                    for target in item.targets:
                        for name, value in pairs(target, item.value):
                            if isinstance(name, ast.Name):
                                found.setdefault(name.id, value)
                elif isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and item.value:
                    found.setdefault(item.target.id, item.value)
        return found

    @cached_property
    def indicators(self) -> list[IndicatorCall]:
        """Every `self.I(...)` of the code."""
        return [IndicatorCall(call=call, names=self._names_of(call)) for call in self.calls("self.I")]

    def _names_of(self, call: ast.Call) -> tuple[str, ...]:
        parent = self.parents.get(call)
        assign = self.parents.get(parent) if isinstance(parent, ast.Tuple | ast.List) else parent
        if not isinstance(assign, ast.Assign):
            return ()
        held = [name for target in assign.targets for name, value in pairs(target, assign.value) if value is call]
        return tuple(
            name.attr for name in held if isinstance(name, ast.Attribute) and self.dotted(name.value) == "self"
        )

    @cached_property
    def assigned(self) -> dict[str, list[ast.expr]]:
        """What is assigned to each `self.x` anywhere in the strategy."""
        found: dict[str, list[ast.expr]] = {}
        for node in self.every(ast.Assign):
            for target in node.targets:
                for name, value in pairs(target, node.value):
                    if isinstance(name, ast.Attribute) and self.dotted(name.value) == "self":
                        found.setdefault(name.attr, []).append(value)
        return found

    def inside(self, node: ast.AST, name: str) -> bool:
        """Whether a node lies within the strategy's method of that name, or within one that this method calls."""
        around = {id(item) for item in (node, *self.above(node))}
        return any(id(method) in around for method in self.reached(name))

    def reached(self, name: str) -> list[ast.FunctionDef]:
        """Return the functions that a method of the strategy runs, itself first."""
        if name not in self._reached:
            self._reached[name] = self._follow(name)
        return self._reached[name]

    @cached_property
    def _reached(self) -> dict[str, list[ast.FunctionDef]]:
        return {}

    def _follow(self, name: str) -> list[ast.FunctionDef]:
        found: list[ast.FunctionDef] = []
        waiting = [self.methods[name]] if name in self.methods else []
        while waiting:
            current = waiting.pop()
            if current in found:
                continue
            found.append(current)
            for node in ast.walk(current):
                label = self.dotted(node) if isinstance(node, ast.Name | ast.Attribute) else ""
                target = self.functions.get(label) or (
                    self.methods.get(label.removeprefix("self.")) if label.startswith("self.") else None
                )
                if target is not None:
                    waiting.append(target)
        return found

    def number(self, node: ast.AST | None) -> float | None:
        """Return the number an expression stands for: a literal, a class constant, or arithmetic on those."""
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return float(node.value)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self.number(node.operand)
            return None if inner is None else -inner
        label = self.dotted(node) if node is not None else ""
        if label:
            value = self._constant(label)
            return self.number(value) if value is not None and value is not node else None
        if isinstance(node, ast.BinOp):
            return worked_out(node.op, self.number(node.left), self.number(node.right))
        return None

    def _constant(self, label: str) -> ast.expr | None:
        name = label.removeprefix("self.")
        if label.startswith("self.") and name in self.constants and name not in self.assigned:
            return self.constants[name]
        if label.startswith("self.") and name not in self.constants and len(self.assigned.get(name, [])) == 1:
            value = self.assigned[name][0]
            return value if isinstance(value, ast.Constant) else None
        return self.module_constants.get(label)

    @cached_property
    def module_constants(self) -> dict[str, ast.expr]:
        """Names that are bound once, at module level, to a literal."""
        found: dict[str, ast.expr] = {}
        for item in self.tree.body if self.tree else []:
            if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant):
                for target in item.targets:
                    if isinstance(target, ast.Name):
                        found[target.id] = item.value
        return found

    @cached_property
    def bound(self) -> set[str]:
        """Every name the module binds anywhere, imports included."""
        names = set(self.imports)
        for node in self._all_nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
                names.add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
            elif isinstance(node, ast.ExceptHandler) and node.name:
                names.add(node.name)
        return names

    @cached_property
    def own(self) -> set[str]:
        """The methods and the `self` attributes that the code itself defines."""
        stored = {
            node.attr
            for node in self.every(ast.Attribute)
            if isinstance(node.ctx, ast.Store) and self.dotted(node.value) == "self"
        }
        return stored | {node.name for node in self.every(ast.FunctionDef)}

    @cached_property
    def comments(self) -> list[tuple[int, str]]:
        """Line numbers and texts of comments, found without tokenizing: good enough to read, not to rewrite."""
        return [
            (number, match[1].strip())
            for number, text in enumerate(self.lines, 1)
            if (match := re.search(r"(?:^|\s)#\s?(.*)$", text))
        ]


def attribute_name(node: ast.AST) -> str | None:
    """Return the attribute that is reached for, also as `getattr(x, "name")`; None for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "setattr"):
        wanted = node.args[1] if len(node.args) > 1 else None
        if isinstance(wanted, ast.Constant) and isinstance(wanted.value, str):
            return wanted.value
    return None


def pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield the single targets of an assignment beside their values; an unpacked call is the value of each."""
    if isinstance(target, ast.Tuple | ast.List):
        if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
            yield from zip(target.elts, value.elts, strict=True)
        else:
            yield from ((item, value) for item in target.elts)
    else:
        yield target, value
