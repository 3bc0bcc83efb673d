"""Finds arrays that `init()` keeps where backtesting.py cannot reveal them bar by bar, and whose end `next()` reads.

backtesting.py cuts an indicator to the current bar only where it is an attribute of the strategy itself. In a list or a
dict it stays whole, as does a price column or a pandas series that was computed without `self.I`; `[-1]` is then the
last value of all the data, on every bar.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from backtest_engine.diagnostics.source import pairs

_COLUMNS = frozenset({"Open", "High", "Low", "Close", "Volume", "df"})
_READS_LAST = frozenset({"crossover", "cross", "float", "bool"})
_MAKES_INDICATOR = frozenset({"I", "resample_apply"})
_LOOKS_INSIDE = frozenset({"iloc", "iat", "values", "loc", "s"})
_SPREADS = frozenset({"values", "items", "enumerate", "zip", "list", "tuple", "reversed", "sorted"})


@dataclass(frozen=True, kw_only=True)
class Read:
    """One place where the end of such an array is read; `kept_in_container` tells a list or dict from an attribute."""

    line: int
    kept_in_container: bool


def unrevealed_reads(classes: Iterable[ast.ClassDef]) -> Iterator[Read]:
    """Yield where the methods of these classes read the end of an array that is not revealed bar by bar."""
    for node in classes:
        yield from _Class(node).reads()


class _Class:
    """One class: which attributes `init()` keeps whole, and where the other methods read their ends."""

    def __init__(self, node: ast.ClassDef) -> None:
        methods = [item for item in node.body if isinstance(item, ast.FunctionDef)]
        self._prepare = [m for m in methods if m.name in ("init", "__init__") or _makes_indicators(m)]
        self._decide = [m for m in methods if m not in self._prepare]
        renewed = {name for method in self._decide for name in _stored_attributes(method)}
        self._indicators = {name for m in self._prepare for name, value in _assigned(m) if _is_indicator(value)}
        self._containers = self._kept_containers() - renewed
        self._series = self._kept_series() - renewed - self._containers

    def reads(self) -> Iterator[Read]:
        for method in self._decide:
            elements = _Elements(self._containers, method)
            for node in ast.walk(method):
                for read in _last_values(node):
                    if elements.reach(read):
                        yield Read(line=read.lineno, kept_in_container=True)
                    elif self._keeps(read):
                        yield Read(line=read.lineno, kept_in_container=False)
                for whole in _whole_arrays(node):
                    if elements.include(whole):
                        yield Read(line=whole.lineno, kept_in_container=True)
                    elif self._keeps(whole):
                        yield Read(line=whole.lineno, kept_in_container=False)

    def _keeps(self, node: ast.expr) -> bool:
        while isinstance(node, ast.Attribute) and node.attr in _LOOKS_INSIDE:
            node = node.value
        return _own_attribute(node) in self._series

    def _kept_containers(self) -> set[str]:
        kept = set()
        for method in self._prepare:
            local = {name for name, value in _local_assigned(method) if _is_indicator(value)}
            for name, value in _assigned(method):
                if any(self._is_element(element, local) for element in _elements(value)):
                    kept.add(name)
            for name, element in _added(method):
                if self._is_element(element, local):
                    kept.add(name)
        return kept

    def _is_element(self, node: ast.expr, local: set[str]) -> bool:
        return (
            _is_indicator(node)
            or (isinstance(node, ast.Name) and node.id in local)
            or _own_attribute(node) in self._indicators
        )

    def _kept_series(self) -> set[str]:
        kept = set()
        for method in self._prepare:
            local: set[str] = set()
            for name, value in _local_assigned(method):
                if _is_whole_series(value, local):
                    local.add(name)
            kept |= {name for name, value in _assigned(method) if _is_whole_series(value, local)}
        return kept


class _Elements:
    """The names and expressions of a method that stand for an element of a kept container."""

    def __init__(self, containers: set[str], method: ast.FunctionDef) -> None:
        self._containers = containers
        self._names: set[str] = set()
        for node in ast.walk(method):
            if isinstance(node, ast.For | ast.comprehension) and self._spreads(node.iter):
                self._names |= _target_names(node.target)
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    for one, value in pairs(target, node.value):
                        if self._stands_for_elements(one, value):
                            self._names |= _target_names(one)

    def include(self, node: ast.expr) -> bool:
        """Whether the expression is an element."""
        if isinstance(node, ast.Name):
            return node.id in self._names
        return isinstance(node, ast.Subscript) and self._is_container(node.value)

    def reach(self, node: ast.expr) -> bool:
        """Whether the expression is an element, or a row or a view of one."""
        while not self.include(node):
            if not isinstance(node, ast.Subscript | ast.Attribute):
                return False
            node = node.value
        return True

    def _stands_for_elements(self, target: ast.expr, value: ast.expr) -> bool:
        """Whether a name holds one element, or one of all that a container holds."""
        one = isinstance(value, ast.Subscript) and self._is_container(value.value)
        return isinstance(target, ast.Name) and (one or self._spreads(value))

    def _spreads(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
            inner = [node.func.value] if isinstance(node.func, ast.Attribute) else node.args
            return name in _SPREADS and any(self._spreads(part) for part in inner)
        return self._is_container(node)

    def _is_container(self, node: ast.expr) -> bool:
        return _own_attribute(node) in self._containers


def _last_values(node: ast.AST) -> Iterator[ast.expr]:
    """Yield x of `x[-1]`."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _is_negative(node.slice):
        yield node.value


def _whole_arrays(node: ast.AST) -> Iterator[ast.expr]:
    """Yield x and y of `crossover(x, y)` and `x > y`, which compare the last values of arrays."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _READS_LAST:
        yield from node.args
    elif isinstance(node, ast.Compare):
        yield from (node.left, *node.comparators)


def _is_negative(index: ast.expr) -> bool:
    return isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.USub) and isinstance(index.operand, ast.Constant)


def _own_attribute(node: ast.AST) -> str | None:
    """Return x for `self.x`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return node.attr
    return None


def _is_indicator(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
    return name in _MAKES_INDICATOR


def _makes_indicators(method: ast.FunctionDef) -> bool:
    return method.name != "next" and any(isinstance(n, ast.Call) and _is_indicator(n) for n in ast.walk(method))


def _is_whole_series(node: ast.expr, local: set[str]) -> bool:
    """Whether the value is a column of the data, or computed from one by a chain of methods, without `self.I`."""
    if _is_indicator(node):
        return False
    if isinstance(node, ast.Name):
        return node.id in local
    if isinstance(node, ast.Attribute):
        if node.attr in _COLUMNS and _own_attribute(node.value) == "data":
            return True
        return node.attr in _LOOKS_INSIDE and _is_whole_series(node.value, local)
    if isinstance(node, ast.Call):
        makes_series = isinstance(node.func, ast.Attribute) and node.func.attr in ("Series", "asarray", "array")
        if makes_series:
            return bool(node.args) and _is_whole_series(node.args[0], local)
        return isinstance(node.func, ast.Attribute) and _is_whole_series(node.func.value, local)
    return False


def _assigned(method: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield (attribute, value) of each `self.attribute = value`."""
    for target, value in _assignments(method):
        name = _own_attribute(target)
        if name is not None:
            yield name, value


def _local_assigned(method: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    for target, value in _assignments(method):
        if isinstance(target, ast.Name):
            yield target.id, value


def _assignments(method: ast.FunctionDef) -> Iterator[tuple[ast.expr, ast.expr]]:
    for node in ast.walk(method):
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            yield node.target, node.value
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    yield from zip(target.elts, node.value.elts, strict=False)
                else:
                    yield target, node.value


def _stored_attributes(method: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(method):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            name = _own_attribute(node)
            if name is not None:
                yield name


def _elements(value: ast.expr) -> Iterable[ast.expr]:
    """Return the expressions that become elements of the list, tuple, set or dict that the value makes."""
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        return value.elts
    if isinstance(value, ast.Dict):
        return value.values
    if isinstance(value, ast.ListComp | ast.SetComp | ast.GeneratorExp):
        return [value.elt]
    if isinstance(value, ast.DictComp):
        return [value.value]
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in ("list", "tuple", "dict"):
        return [e for argument in value.args for e in _elements(argument)] + [k.value for k in value.keywords]
    return []


def _added(method: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield (attribute, element) of `self.attribute[key] = element` and `self.attribute.append(element)`."""
    for target, value in _assignments(method):
        if isinstance(target, ast.Subscript) and (name := _own_attribute(target.value)):
            yield name, value
    for node in ast.walk(method):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            name = _own_attribute(node.func.value)
            if name and node.func.attr in ("append", "add", "insert", "setdefault"):
                yield name, node.args[-1]


def _target_names(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
