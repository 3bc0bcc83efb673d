"""The functions that a strategy registers as indicators, and what they return."""

import ast

from backtest_engine.diagnostics.source import Source


def indicator_functions(source: Source) -> list[ast.FunctionDef | ast.Lambda]:
    """Return the functions given to `self.I`, each once."""
    found: list[ast.FunctionDef | ast.Lambda] = []
    for call in source.indicators:
        if isinstance(call.function, ast.Lambda):
            found.append(call.function)
        label = source.dotted(call.function)
        target = source.functions.get(label) or source.methods.get(label.removeprefix("self."))
        if target is not None and target not in found:
            found.append(target)
    return found


def returned(function: ast.FunctionDef | ast.Lambda) -> list[ast.expr]:
    """Return the expressions that a function may return."""
    if isinstance(function, ast.Lambda):
        return [function.body]
    return [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
