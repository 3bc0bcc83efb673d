"""State kept in the class: the next run starts with it."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source

_MUTATORS = frozenset(
    [
        "append", "extend", "insert", "pop", "remove", "clear", "update", "setdefault", "add", "discard",
        "appendleft", "popleft", "sort", "reverse", "popitem",
    ]
)  # fmt: skip
_MAKERS = frozenset({"list", "dict", "set", "deque", "defaultdict", "OrderedDict", "Counter"})
_MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp)


def _shared(source: Source) -> dict[str, int]:
    """Return the lists, dicts and sets that belong to the class or to the module, with their lines."""
    found = {f"self.{name}": value.lineno for name, value in source.constants.items() if _is_mutable(source, value)}
    found = {name: line for name, line in found.items() if name.removeprefix("self.") not in source.assigned}
    for item in source.tree.body if source.tree else []:
        if isinstance(item, ast.Assign) and _is_mutable(source, item.value):
            found |= {target.id: item.lineno for target in item.targets if isinstance(target, ast.Name)}
    for function in source.every(ast.FunctionDef):
        usual = function.args.defaults
        names = [arg.arg for arg in function.args.args][len(function.args.args) - len(usual) :]
        found |= {n: value.lineno for n, value in zip(names, usual, strict=True) if _is_mutable(source, value)}
    return found


def _is_mutable(source: Source, value: ast.expr) -> bool:
    return isinstance(value, _MUTABLE) or source.called(value).removeprefix("collections.") in _MAKERS


def _changed(source: Source) -> Iterable[tuple[str, int]]:
    """Yield what methods change in place, and what they set on the class or declare global."""
    owners = {node.name for node in source.lineage} | {"self.__class__", "cls"}
    for node in source.every(ast.Call, ast.Subscript, ast.Attribute, ast.Global):
        if not any(isinstance(item, ast.FunctionDef) for item in source.above(node)):
            continue
        if isinstance(node, ast.Global):
            yield from ((name, node.lineno) for name in node.names)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _MUTATORS:
            yield source.dotted(node.func.value), 0
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield source.dotted(node.value), 0
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_class(source, node, owners):
            yield ast.unparse(node), node.lineno


def _is_class(source: Source, node: ast.Attribute, owners: set[str]) -> bool:
    return source.dotted(node.value) in owners or source.called(node.value) == "type"


def _check_source(source: Source) -> Iterable[Location]:
    if source.strategy is None:
        return
    shared = _shared(source)
    for name, line in dict(_changed(source)).items():
        known = line or shared.get(name) or shared.get(f"self.{name.rsplit('.', 1)[-1]}")
        if known:
            yield Location(
                line=known, message=f"`{name}` belongs to the class or the module, and every run changes it."
            )


RULE = Rule(
    code="state_in_class",
    family="state",
    severity="warning",
    title="State that survives the run",
    explanation=(
        "The strategy keeps state in its class or module: run twice in one process, it starts where it ended before."
    ),
    hint="Assign it in `init`: `self.seen = []`.",
    example=example(
        body="seen = []",
        next=(
            "self.seen.append(float(self.data.Close[-1]))\n"
            "if not self.position and len(self.seen) > 3 and self.fast[-1] > self.slow[-1]:\n"
            "    self.buy()\nelif self.fast[-1] < self.slow[-1]:\n"
            "    self.position.close()"
        ),
    ),
    check_source=_check_source,
    covers=("not_repeatable",),
)
