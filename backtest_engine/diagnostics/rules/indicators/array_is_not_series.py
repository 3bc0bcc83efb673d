"""pandas methods called on an array of backtesting.py."""

import ast
import re
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten, text, with_import
from backtest_engine.diagnostics.source import Source

_PANDAS = frozenset(
    [
        "rolling", "ewm", "expanding", "shift", "diff", "pct_change", "iloc", "loc", "iat", "at", "fillna", "dropna",
        "ffill", "bfill", "apply", "map", "tail", "head", "rename", "to_numpy", "values", "index", "isna", "notna",
        "resample", "groupby", "cummax", "cummin", "abs", "between", "quantile", "rank", "interpolate", "to_frame",
        "where",
    ]
) - {"values", "index"}  # fmt: skip
_DATA = re.compile(r"^self\.data\.(Open|High|Low|Close|Volume)$")


def _arrays(source: Source) -> dict[str, set[str]]:
    """Return the parameters of each indicator function that receive arrays as they are."""
    found: dict[str, set[str]] = {}
    for call in source.indicators:
        target = source.functions.get(source.dotted(call.function))
        if target is None:
            continue
        for parameter, given in zip(target.args.args, call.call.args[1:], strict=False):
            if _DATA.match(source.dotted(given)) and not _reassigned(target, parameter.arg):
                found.setdefault(target.name, set()).add(parameter.arg)
    return found


def _is_array(source: Source, node: ast.expr, arrays: dict[str, set[str]]) -> bool:
    """Whether a name is such a parameter where it stands, and not that of a function inside."""
    if not isinstance(node, ast.Name):
        return False
    for item in source.above(node):
        if isinstance(item, ast.FunctionDef | ast.Lambda) and node.id in {arg.arg for arg in item.args.args}:
            return isinstance(item, ast.FunctionDef) and node.id in arrays.get(item.name, ())
    return False


def _reassigned(function: ast.FunctionDef, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in ast.walk(function))


def _wrong(source: Source) -> Iterable[ast.Attribute]:
    registered = {f"self.{name}" for call in source.indicators for name in call.names}
    arrays = _arrays(source)
    for node in source.every(ast.Attribute):
        if node.attr not in _PANDAS:
            continue
        label = source.dotted(node.value)
        if _DATA.match(label) or label in registered or _is_array(source, node.value, arrays):
            yield node


def _check_source(source: Source) -> Iterable[Location]:
    for node in _wrong(source):
        yield Location(
            line=node.lineno,
            message=f"`{ast.unparse(node.value)}` is an array, not a pandas Series: it has no `{node.attr}`.",
        )


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    kinds = ("'_Array' object", "'_Indicator' object", "'numpy.ndarray' object")
    if raised.type == "AttributeError" and any(kind in raised for kind in kinds):
        yield Location(line=raised.line, message=f"{raised.message}: it is an array, not a pandas Series.")


def _rewrite(source: Source) -> str | None:
    wrong = {ast.unparse(node.value) for node in _wrong(source)}
    arrays = set().union(*_arrays(source).values())

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Attribute) and node.attr.value in _PANDAS and dotted(node.value) in wrong:
            label = text(node.value)
            series = expression(f"pd.Series({label})" if label in arrays else f"{label}.s")
            return node.with_changes(value=series)
        return None

    code = rewritten(source, change)
    if code and "pd.Series(" in code and "pd" not in source.imports:
        module = Source(code).module
        return with_import(module, "import pandas as pd").code if module else code
    return code


RULE = Rule(
    code="array_is_not_series",
    family="indicator",
    title="An array is used like a pandas Series",
    explanation=(
        "`self.data.Close` and indicators are numpy arrays; pandas methods such as `rolling` do not exist on them."
    ),
    hint="Take the series with `.s`: `self.data.Close.s.rolling(10).mean()`.",
    example=example(
        init=(
            "self.fast = self.I(lambda: self.data.Close.rolling(10).mean())\n"
            "self.slow = self.I(SMA, self.data.Close, 20)"
        )
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("unknown_pandas_attribute",),
    fallback=1,
)
