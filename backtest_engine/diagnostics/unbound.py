"""Names that are read and bound nowhere."""

import ast
import builtins

from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.vocabulary import BACKTESTING

_BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__", "__class__", "__builtins__"}


def unbound_names(source: Source) -> dict[str, int]:
    """Return each name that nothing binds, with the line of its first use; none if anything may be."""
    starred = {node.module or "" for node in source.every(ast.ImportFrom) for alias in node.names if alias.name == "*"}
    if starred - set(BACKTESTING):
        return {}
    given = {name for module in starred for name in BACKTESTING[module]}
    found: dict[str, int] = {}
    known = source.bound | given | _BUILTINS
    for node in source.every(ast.Name):
        if isinstance(node.ctx, ast.Load) and node.id not in known:
            found[node.id] = min(node.lineno, found.get(node.id, node.lineno))
    return dict(sorted(found.items(), key=lambda item: item[1]))
