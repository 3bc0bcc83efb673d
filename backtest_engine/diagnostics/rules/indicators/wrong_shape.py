"""An indicator with another length than the data."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.indicator_functions import indicator_functions, returned
from backtest_engine.diagnostics.rewriting import expression, rewritten, text
from backtest_engine.diagnostics.source import Source


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if "Indicators must return" in raised and "shape: ()" not in raised.message:
        yield Location(line=raised.line, message="The indicator has another number of values than the data has bars.")
    elif raised.type == "ValueError" and "Length of `name=`" in raised:
        yield Location(line=raised.line, message=raised.message)


def _check_source(source: Source) -> Iterable[Location]:
    for function in indicator_functions(source):
        for value in returned(function):
            if _shortens(source, value):
                yield Location(
                    line=value.lineno, message=f"`{ast.unparse(value)[:60]}` has fewer values than the data has bars."
                )


def _shortens(source: Source, value: ast.expr) -> bool:
    while isinstance(value, ast.Attribute) and value.attr in ("values", "T"):
        value = value.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        if value.func.attr in ("to_numpy", "astype", "ravel", "tolist"):
            return _shortens(source, value.func.value)
        if value.func.attr == "dropna":
            return True
    if not isinstance(value, ast.Call):
        return False
    label = source.dotted(value.func)
    mode = next((ast.unparse(item.value) for item in value.keywords if item.arg == "mode"), "")
    modes = [ast.unparse(item) for item in value.args[2:3]] + [mode]
    short = label == "numpy.diff" and not any(item.arg in ("prepend", "append") for item in value.keywords)
    return short or (label == "numpy.convolve" and "'valid'" in modes)


def _rewrite(source: Source) -> str | None:
    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if not isinstance(node, cst.Call):
            return None
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "dropna":
            return node.func.value
        label = text(node.func)
        if label in ("np.diff", "numpy.diff") and len(node.args) == 1:
            first = text(node.args[0].value)
            return expression(f"{label}({first}, prepend={label.split('.')[0]}.nan)")
        if label in ("np.convolve", "numpy.convolve") and "valid" in text(node):
            library = label.split(".")[0]
            kernel = text(node.args[1].value)
            return expression(
                f"{library}.concatenate([{library}.full(len({kernel}) - 1, {library}.nan), {text(node)}])"
            )
        return None

    names = {f.name for f in indicator_functions(source) if isinstance(f, ast.FunctionDef)}
    return rewritten(source, change, within=(*names, "init"))


RULE = Rule(
    code="wrong_shape",
    family="indicator",
    title="An indicator of the wrong length",
    explanation="An indicator must have exactly one value for each bar of the data.",
    hint="Keep the leading NaN (no `dropna`, no `diff` without prepending), and return arrays of the data's length.",
    example=example(
        init=(
            "self.fast = self.I(lambda: self.data.Close.s.rolling(10).mean().dropna().values)\n"
            "self.slow = self.I(SMA, self.data.Close, 20)"
        )
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
)
