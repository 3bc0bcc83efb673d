"""An indicator function that returns one number."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.indicator_functions import indicator_functions, returned
from backtest_engine.diagnostics.rewriting import rewritten, text
from backtest_engine.diagnostics.source import Source

_LAST = (".iloc[-1]", "[-1]", ".values[-1]", ".tail(1)", ".item()", ".iat[-1]")


def _scalar(value: ast.expr) -> bool:
    return any(ast.unparse(value).endswith(ending) for ending in _LAST[:3]) and isinstance(value, ast.Subscript)


def _check_source(source: Source) -> Iterable[Location]:
    for function in indicator_functions(source):
        values = returned(function)
        if values and all(_scalar(value) for value in values):
            yield Location(
                line=values[-1].lineno,
                message=(
                    "The indicator function returns one number, its last value; an indicator has one "
                    "value for each bar."
                ),
            )


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if "Indicators must return" in raised and "shape: ()" in raised.message:
        yield Location(
            line=raised.line,
            message="The indicator function returns one number; an indicator has one value for each bar.",
        )
    elif "Indicators must return" in raised and "shape: ," in raised.message.replace("shape: )", "shape: ,"):
        yield Location(line=raised.line, message="The indicator function returns nothing.")


def _rewrite(source: Source) -> str | None:
    names = {f.name for f in indicator_functions(source) if isinstance(f, ast.FunctionDef)}
    parts = {id(f) for f in indicator_functions(source)}

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Return) and node.value is not None:
            return node.with_changes(value=_whole(node.value))
        return None

    def lambdas(node: cst.CSTNode) -> cst.CSTNode | None:
        if (
            isinstance(node, cst.Call)
            and text(node.func) == "self.I"
            and node.args
            and isinstance(node.args[0].value, cst.Lambda)
        ):
            function = node.args[0].value
            whole = function.with_changes(body=_whole(function.body))
            return node.with_changes(args=[node.args[0].with_changes(value=whole), *node.args[1:]])
        return None

    code = rewritten(source, change, within=tuple(names)) if names else None
    base = Source(code) if code else source
    return (rewritten(base, lambdas) or code) if parts else code


def _whole(value: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(value, cst.Subscript) and text(value).endswith("[-1]"):
        inner = value.value
        if isinstance(inner, cst.Attribute) and inner.attr.value in ("iloc", "iat"):
            return inner.value
        return inner
    return value


RULE = Rule(
    code="scalar_indicator",
    family="indicator",
    title="An indicator of one number",
    explanation="The function given to `self.I` returns one number; an indicator has one value for each bar.",
    hint="Return the whole array; `next` reads its last value with `[-1]`.",
    example=example(
        init=(
            "self.fast = self.I(lambda: self.data.Close.s.rolling(10).mean().iloc[-1])\n"
            "self.slow = self.I(SMA, self.data.Close, 20)"
        ),
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("wrong_shape", "future_row"),
)
