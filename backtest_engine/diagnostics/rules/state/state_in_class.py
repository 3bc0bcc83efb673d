"""State kept in the class: the next run starts with it."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import dotted, rewritten, text
from backtest_engine.diagnostics.source import Source

_MUTATORS = frozenset(
    [
        "append",
        "extend",
        "insert",
        "pop",
        "remove",
        "clear",
        "update",
        "setdefault",
        "add",
        "discard",
        "appendleft",
        "popleft",
        "sort",
        "reverse",
        "popitem",
    ]
)
_MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp)


def _kept(source: Source) -> dict[str, int]:
    """Return mutable class attributes that methods change and none assigns afresh, with their lines."""
    candidates = {
        name: value
        for name, value in source.constants.items()
        if isinstance(value, _MUTABLE)
        or source.called(value)
        in (
            "list",
            "dict",
            "set",
            "collections.deque",
            "collections.defaultdict",
            "collections.OrderedDict",
            "collections.Counter",
        )
    }
    return {
        name: value.lineno
        for name, value in candidates.items()
        if name not in source.assigned and _mutated(source, f"self.{name}")
    }


def _mutated(source: Source, label: str) -> bool:
    own = {
        label,
        *(f"{node.name}.{label.removeprefix('self.')}" for node in source.lineage),
        label.replace("self.", "self.__class__."),
    }
    for node in source.every(ast.Call):
        if (
            isinstance(node.func, ast.Attribute)
            and node.func.attr in _MUTATORS
            and source.dotted(node.func.value) in own
        ):
            return True
    return any(
        isinstance(node.ctx, ast.Store | ast.Del) and source.dotted(node.value) in own
        for node in source.every(ast.Subscript)
    )


def _class_writes(source: Source) -> Iterable[ast.AST]:
    """Yield assignments to the class itself, as in `Cross.count += 1`."""
    names = {node.name for node in source.lineage}
    for node in source.every(ast.Attribute):
        if isinstance(node.ctx, ast.Store) and source.dotted(node.value) in {*names, "self.__class__", "cls"}:
            if any(isinstance(item, ast.FunctionDef) for item in source.above(node)):
                yield node
        elif isinstance(node.ctx, ast.Store) and source.called(node.value) == "type":
            yield node


def _module_state(source: Source) -> Iterable[tuple[str, int]]:
    for node in source.every(ast.Global):
        for name in node.names:
            yield name, node.lineno
    top = {
        target.id: item.lineno
        for item in (source.tree.body if source.tree else [])
        if isinstance(item, ast.Assign) and isinstance(item.value, _MUTABLE)
        for target in item.targets
        if isinstance(target, ast.Name)
    }
    methods = {id(item) for node in source.lineage for method in node.body for item in ast.walk(method)}
    for node in source.every(ast.Call, ast.Subscript):
        if id(node) not in methods:
            continue
        if isinstance(node, ast.Call):
            changed = (
                isinstance(node.func, ast.Attribute)
                and node.func.attr in _MUTATORS
                and source.dotted(node.func.value) in top
            )
            name = source.dotted(node.func.value) if changed and isinstance(node.func, ast.Attribute) else ""
        else:
            name = source.dotted(node.value) if isinstance(node.ctx, ast.Store) else ""
        if name in top:
            yield name, node.lineno


def _defaults(source: Source) -> Iterable[ast.AST]:
    for function in source.every(ast.FunctionDef):
        names = (
            [arg.arg for arg in function.args.args][-len(function.args.defaults) :] if function.args.defaults else []
        )
        for name, value in zip(names, function.args.defaults, strict=False):
            if isinstance(value, _MUTABLE) and _mutated_name(function, name):
                yield value


def _mutated_name(function: ast.FunctionDef, name: str) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _MUTATORS
        and ast.unparse(node.func.value) == name
        for node in ast.walk(function)
    ) or any(
        isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == name
        for node in ast.walk(function)
    )


def _check_source(source: Source) -> Iterable[Location]:
    if source.strategy is None:
        return
    for name, line in _kept(source).items():
        yield Location(
            line=line,
            message=f"`{name}` belongs to the class and is changed by every run; the next run starts with it.",
        )
    for node in _class_writes(source):
        yield Location(
            line=getattr(node, "lineno", None),
            message=f"`{ast.unparse(node)}` is changed on the class; the next run starts with it.",
        )
    for name, line in _module_state(source):
        yield Location(
            line=line,
            message=f"`{name}` belongs to the module and is changed by every run; the next run starts with it.",
        )
    for node in _defaults(source):
        yield Location(
            line=getattr(node, "lineno", None), message="A default list or dict is shared by all calls and all runs."
        )


def _rewrite(source: Source) -> str | None:
    kept = _kept(source)
    written = {
        node.attr for node in _class_writes(source) if isinstance(node, ast.Attribute) and node.attr in source.constants
    }
    names = [name for name in source.constants if name in kept or name in written]
    if not names or "init" not in source.methods:
        return None
    owners = {node.name for node in source.lineage}

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.FunctionDef) and node.name.value == "init" and isinstance(node.body, cst.IndentedBlock):
            lines = [cst.parse_statement(f"self.{name} = {ast.unparse(source.constants[name])}") for name in names]
            body = [item for item in node.body.body if text(item).strip() != "pass"]
            return node.with_changes(body=node.body.with_changes(body=[*lines, *body]))
        if (
            isinstance(node, cst.Attribute)
            and node.attr.value in names
            and dotted(node.value) in {*owners, "self.__class__"}
        ):
            return node.with_changes(value=cst.Name("self"))
        return None

    return rewritten(source, change)


RULE = Rule(
    code="state_in_class",
    family="state",
    severity="error",
    title="State that survives the run",
    explanation=(
        "The strategy keeps state in its class or module: a second run starts where the first one ended, and differs."
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
    rewrite=_rewrite,
    covers=("not_repeatable",),
)
