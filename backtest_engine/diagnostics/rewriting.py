"""Small changes to code that keep everything else as it was written."""

from collections.abc import Callable, Iterable

import libcst as cst
import libcst.matchers as m

from backtest_engine.diagnostics.source import Source

Change = Callable[[cst.CSTNode], cst.CSTNode | cst.RemovalSentinel | None]


def text(node: cst.CSTNode) -> str:
    """Return a node's code."""
    return cst.Module(body=[]).code_for_node(node)


def expression(code: str) -> cst.BaseExpression:
    """Parse an expression."""
    return cst.parse_expression(code)


def statements(code: str) -> list[cst.BaseStatement]:
    """Parse statements, comments and blank lines before them included."""
    return list(cst.parse_module(code).body)


class _Apply(cst.CSTTransformer):
    def __init__(self, change: Change, within: tuple[str, ...]) -> None:
        super().__init__()
        self.change = change
        self.within = within
        self.around: list[str] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef):
            self.around.append(node.name.value)
        return super().on_visit(node)

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]:
        if isinstance(original_node, cst.FunctionDef):
            self.around.pop()
        if self.within and not set(self.within) & set(self.around):
            return updated_node
        changed = self.change(updated_node)
        return updated_node if changed is None else changed


def rewritten(source: Source, change: Change, *, within: tuple[str, ...] = ()) -> str | None:
    """Return the code with `change` applied to every node (within functions of these names), None if nothing changed.

    `change` returns a new node, a removal, or None to leave a node alone.
    """
    if source.module is None:
        return None
    return changed_text(source, apply(source.module, change, within=within))


def apply(module: cst.Module, change: Change, *, within: tuple[str, ...] = ()) -> cst.Module:
    """Return the module with `change` applied to every node, bottom up."""
    visited = module.visit(_Apply(change, within))
    return visited if isinstance(visited, cst.Module) else module


def changed_text(source: Source, module: cst.Module) -> str | None:
    """Return a module's code, None if it is what the source already says."""
    code = module.code
    return code if code != source.code else None


def with_import(module: cst.Module, line: str) -> cst.Module:
    """Return the module with an import added after its last one, unless it is there."""
    if any(text(item).strip() == line for item in module.body):
        return module
    place = 0
    for number, item in enumerate(module.body):
        if m.matches(item, m.SimpleStatementLine(body=[m.Import() | m.ImportFrom()])) or (
            number == 0 and m.matches(item, m.SimpleStatementLine(body=[m.Expr(m.SimpleString())]))
        ):
            place = number + 1
    body = list(module.body)
    body.insert(place, cst.parse_statement(line))
    return module.with_changes(body=body)


def with_definitions(module: cst.Module, definitions: Iterable[str]) -> cst.Module:
    """Return the module with functions added below its imports, each once."""
    have = {item.name.value for item in module.body if isinstance(item, cst.FunctionDef | cst.ClassDef)}
    place = 0
    for number, item in enumerate(module.body):
        if m.matches(item, m.SimpleStatementLine(body=[m.Import() | m.ImportFrom()])):
            place = number + 1
    added = []
    for definition in definitions:
        parsed = cst.parse_statement(definition)
        if isinstance(parsed, cst.FunctionDef | cst.ClassDef) and parsed.name.value not in have:
            have.add(parsed.name.value)
            added.append(parsed.with_changes(leading_lines=[cst.EmptyLine(), cst.EmptyLine()]))
    body = list(module.body)
    body[place:place] = added
    return module.with_changes(body=body)


def without_import(module: cst.Module, name: str) -> cst.Module:
    """Return the module without the import of one bound name."""

    def change(node: cst.CSTNode) -> cst.CSTNode | cst.RemovalSentinel | None:
        if isinstance(node, cst.Import | cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
            kept = [alias for alias in node.names if bound_name(alias) != name]
            if len(kept) == len(node.names):
                return None
            if not kept:
                return cst.RemoveFromParent()
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            return node.with_changes(names=kept)
        return None

    return apply(module, change)


def bound_name(alias: cst.ImportAlias) -> str:
    """Return the name that an import binds."""
    if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
        return alias.asname.name.value
    return text(alias.name).split(".")[0]


def dotted(node: cst.CSTNode) -> str:
    """Return `a.b.c` for a plain dotted name, else an empty string."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr.value}" if left else ""
    return ""


def argument(node: cst.Call, name: str) -> cst.Arg | None:
    """Return a keyword argument of a call, None where it is not given."""
    return next((item for item in node.args if item.keyword is not None and item.keyword.value == name), None)


def blocks_without(node: cst.CSTNode, drop: Callable[[cst.BaseStatement], bool]) -> cst.CSTNode | None:
    """Return a block without the statements that `drop` names, never empty; None if none is named."""
    if not isinstance(node, cst.IndentedBlock):
        return None
    kept = [item for item in node.body if not drop(item)]
    if len(kept) == len(node.body):
        return None
    return node.with_changes(body=kept or [cst.parse_statement("pass")])
