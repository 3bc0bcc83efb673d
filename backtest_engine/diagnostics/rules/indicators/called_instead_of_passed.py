"""`self.I` given a result or a name instead of a function."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten, text
from backtest_engine.diagnostics.source import Source


def _value(node: ast.expr | None) -> bool:
    if isinstance(node, ast.Call):
        return not (isinstance(node.func, ast.Name) and node.func.id == "partial") and not ast.unparse(
            node.func
        ).endswith("partial")
    return isinstance(node, ast.Constant | ast.BinOp | ast.Compare | ast.Subscript | ast.List)


def _check_source(source: Source) -> Iterable[Location]:
    for call in source.indicators:
        factories = {
            name
            for name, f in source.functions.items()
            if any(isinstance(n, ast.Lambda | ast.FunctionDef) for n in ast.walk(f) if n is not f)
        }
        if _value(call.function) and source.called(call.call.args[0]) not in factories:
            yield Location(line=call.line)


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    kinds = (
        "'numpy.ndarray' object is not callable",
        "'Series' object is not callable",
        "'_Array' object is not callable",
        "'_Indicator' object is not callable",
        "'str' object is not callable",
        "missing 1 required positional argument: 'func'",
    )
    if raised.type == "TypeError" and any(kind in raised for kind in kinds):
        yield Location(line=raised.line)


def _rewrite(source: Source) -> str | None:
    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if not isinstance(node, cst.Call) or dotted(node.func) != "self.I" or not node.args:
            return None
        first, rest = node.args[0].value, [text(item).rstrip(", ") for item in node.args[1:]]
        if isinstance(first, cst.SimpleString):
            name = first.evaluated_value
            known = isinstance(name, str) and (name in source.functions or name in source.imports)
            return expression(f"self.I({', '.join([str(name), *rest])})") if known else None
        if isinstance(first, cst.Call | cst.BinaryOperation | cst.Comparison | cst.Subscript):
            if isinstance(first, cst.Call) and dotted(first.func) in {**source.functions, **source.imports}:
                inner = [text(item).rstrip(", ") for item in first.args]
                return expression(f"self.I({', '.join([text(first.func), *inner, *rest])})")
            return expression(f"self.I({', '.join([f'lambda: {text(first)}', *rest])})")
        return None

    return rewritten(source, change)


RULE = Rule(
    code="called_instead_of_passed",
    family="indicator",
    title="`self.I` needs a function",
    explanation="`self.I` is given values, and needs the function that computes them, then its arguments.",
    hint="Write `self.I(SMA, self.data.Close, 10)`, not `self.I(SMA(self.data.Close, 10))`.",
    example=example(init="self.fast = self.I(SMA(self.data.Close, 10))\nself.slow = self.I(SMA, self.data.Close, 20)"),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
)
