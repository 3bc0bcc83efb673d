"""A function that calls itself once for each bar."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.definitions import find_bare
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.meaning import canonical
from backtest_engine.diagnostics.rewriting import apply, changed_text, with_import
from backtest_engine.diagnostics.source import Source


def _recursive(source: Source) -> list[ast.FunctionDef]:
    found = []
    for node in source.every(ast.FunctionDef):
        own = {node.name, f"self.{node.name}"}
        if any(isinstance(item, ast.Call) and source.dotted(item.func) in own for item in ast.walk(node)) and not any(
            isinstance(item, ast.ClassDef) and item.name == node.name for item in source.above(node)
        ):
            found.append(node)
    return found


def _check_source(source: Source) -> Iterable[Location]:
    for node in _recursive(source):
        yield Location(
            line=node.lineno,
            message=f"`{node.name}` calls itself; with one call for each bar Python's stack overflows.",
        )


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "RecursionError":
        yield Location(line=raised.line, message="A function calls itself so often that Python's stack overflows.")


def _rewrite(source: Source) -> str | None:
    """Replace a recursive moving average and the like by its plain definition."""
    if source.module is None:
        return None
    outer: dict[str, str] = {}
    for node in _recursive(source):
        function = next((item for item in source.above(node) if isinstance(item, ast.FunctionDef)), node)
        kind = canonical(function.name)
        if find_bare(kind) is not None and len(function.args.args) == 2:
            outer[function.name] = kind
    if not outer:
        return None

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.FunctionDef) and node.name.value in outer:
            definition = find_bare(outer[node.name.value])
            parsed = cst.parse_statement(definition.code) if definition else None
            if isinstance(parsed, cst.FunctionDef):
                return parsed.with_changes(name=node.name, leading_lines=node.leading_lines)
        return None

    module = apply(source.module, change)
    for kind in outer.values():
        definition = find_bare(kind)
        for line in definition.imports if definition else ():
            module = with_import(module, line)
    return changed_text(source, module)


RULE = Rule(
    code="endless_recursion",
    family="resource",
    title="Calls itself too often",
    explanation="A function calls itself once for each bar, and Python's stack overflows.",
    hint="Use a loop, or pandas: `pd.Series(x).ewm(span=n, adjust=False).mean()`.",
    example=example(
        top=(
            "import numpy as np\n\n\ndef EMA(x, n):\n    def value(i):\n"
            "        return x[0] if i == 0 else x[i] / n + (1 - 1 / n) * value(i - 1)\n"
            "\n    return np.array([value(i) for i in range(len(x))])"
        ),
        init="self.fast = self.I(EMA, self.data.Close, 10)\nself.slow = self.I(SMA, self.data.Close, 20)",
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
)
