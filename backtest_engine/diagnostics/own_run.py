"""The backtest that pasted code starts by itself: its statements, and the imports that only they need."""

import ast

from backtest_engine.diagnostics.source import Source


def own_run(source: Source) -> list[ast.stmt]:
    """Return the module's statements that start a backtest, fetch data for it or use what it gave."""
    if source.tree is None:
        return []
    script = [item for item in source.tree.body if not _belongs_to_the_strategy(item)]
    found = [item for item in script if not _is_guard(item) and _starts(source, item)]
    if not found:
        return [item for item in script if _is_guard(item) and _starts(source, item) and _imports_alone(source, item)]
    while True:
        made, used = _stored(found), _used(found)
        kept = _used([item for item in source.tree.body if item not in found])
        more = [
            item
            for item in script
            if item not in found
            and not _is_guard(item)
            and (_used([item]) & made or (_stored([item]) & used and not _stored([item]) & kept))
        ]
        if not more:
            return sorted(found, key=lambda item: item.lineno)
        found += more


def names_of_own_run(source: Source) -> list[str]:
    """Return the imported names that nothing but that backtest uses, worked out once for a source."""
    known: list[str] | None = source.__dict__.get("_own_run_names")
    if known is None:
        known = source.__dict__["_own_run_names"] = _names(source)
    return known


def _names(source: Source) -> list[str]:
    if source.tree is None:
        return []
    run = own_run(source)
    rest = _used([item for item in source.tree.body if item not in run])
    return [name for name in source.imports if name in _used(run) and name not in rest]


def only_for_own_run(source: Source, node: ast.Import | ast.ImportFrom) -> bool:
    """Whether everything that a statement imports is used by the code's own backtest alone."""
    names = {alias.asname or alias.name.split(".")[0] for alias in node.names}
    return bool(names) and names <= set(names_of_own_run(source))


def _belongs_to_the_strategy(item: ast.stmt) -> bool:
    return isinstance(item, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom)


def _is_guard(item: ast.stmt) -> bool:
    return isinstance(item, ast.If) and "__name__" in ast.unparse(item.test)


def _starts(source: Source, item: ast.stmt) -> bool:
    return any(source.called(node).endswith(("Backtest", "FractionalBacktest")) for node in ast.walk(item))


def _imports_alone(source: Source, item: ast.stmt) -> bool:
    """Whether a guarded backtest, harmless by itself, needs an import that the strategy does not."""
    rest = _used([other for other in source.tree.body if other is not item]) if source.tree else set()
    needed = {name for name in source.imports if name in _used([item]) and name not in rest}
    return any(source.imports[name].split(".")[0] not in ("backtesting", "pandas", "numpy") for name in needed)


def _used(items: list[ast.stmt]) -> set[str]:
    return {
        node.id
        for item in items
        for node in ast.walk(item)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def _stored(items: list[ast.stmt]) -> set[str]:
    return {
        node.id
        for item in items
        for node in ast.walk(item)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
