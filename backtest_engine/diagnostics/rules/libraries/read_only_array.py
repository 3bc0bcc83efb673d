"""A write to an array that pandas gives for reading only."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten, text, with_import
from backtest_engine.diagnostics.source import Source


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "ValueError" and "read-only" in raised:
        yield Location(line=raised.line, message="The array is a view of the data and cannot be written to.")


def _rewrite(source: Source) -> str | None:
    written = {
        source.dotted(node.value)
        for node in source.every(ast.Subscript)
        if isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name)
    }

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Assign) and len(node.targets) == 1 and dotted(node.targets[0].target) in written:
            value = text(node.value)
            if value.startswith(("np.zeros", "np.full", "np.empty", "np.ones", "[", "list(")) or value.endswith(
                ".copy()"
            ):
                return None
            return node.with_changes(value=expression(f"np.array({value})"))
        return None

    code = rewritten(source, change)
    if code and "np" not in source.imports:
        module = Source(code).module
        return with_import(module, "import numpy as np").code if module else code
    return code


RULE = Rule(
    code="read_only_array",
    family="pandas",
    title="Writes to an array that is for reading",
    explanation="`.values` of a Series gives a view that cannot be written to since pandas 3.",
    hint="Take a copy: `.to_numpy().copy()`.",
    example=example(
        top=(
            "import pandas as pd\n\n\ndef average(x, n):\n"
            "    out = pd.Series(x).rolling(n).mean().values\n"
            "    out[:n] = float('nan')\n    return out"
        ),
        init="self.fast = self.I(average, self.data.Close, 10)\nself.slow = self.I(SMA, self.data.Close, 20)",
    ),
    check_error=_check_error,
    rewrite=_rewrite,
)
