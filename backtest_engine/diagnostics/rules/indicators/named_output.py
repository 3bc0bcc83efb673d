"""An output of an indicator asked for by name: indicators are arrays, whatever their function returned."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten, text
from backtest_engine.diagnostics.source import Source


def _named(source: Source) -> Iterable[tuple[ast.Subscript | ast.Attribute, str, str]]:
    """Yield reads of an output by name: the node, the indicator's attribute, and the name."""
    held = {f"self.{call.names[0]}" for call in source.indicators if len(call.names) == 1}
    for node in source.every(ast.Subscript):
        label = source.dotted(node.value)
        if label in held and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            yield node, label, node.slice.value


def _check_source(source: Source) -> Iterable[Location]:
    for node, label, name in _named(source):
        said = f"`{label}` is an array; it has no output called '{name}'. Outputs are counted: `{label}[0][-1]`."
        yield Location(line=node.lineno, message=said)


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "IndexError" and "only integers, slices" in raised:
        yield Location(line=raised.line, message="An array is asked for an item by name.")


def _keys(source: Source, label: str) -> list[str]:
    """Return the names of the columns that an indicator's function returns, in their order."""
    call = next(item for item in source.indicators if item.names == (label.removeprefix("self."),))
    function = source.functions.get(source.dotted(call.function))
    for node in ast.walk(function) if function is not None else ():
        returned = node.value if isinstance(node, ast.Return) else None
        table = returned.args[0] if isinstance(returned, ast.Call) and returned.args else returned
        if isinstance(table, ast.Dict):
            return [str(key.value) for key in table.keys if isinstance(key, ast.Constant)]
    return []


def _rewrite(source: Source) -> str | None:
    places = {
        (label, name): _keys(source, label).index(name)
        for _, label, name in _named(source)
        if name in _keys(source, label)
    }

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Subscript) and len(node.slice) == 1:
            key = dotted(node.value), text(node.slice[0].slice).strip("\"'")
            return expression(f"{key[0]}[{places[key]}]") if key in places else None
        return None

    return rewritten(source, change)


RULE = Rule(
    code="named_output",
    family="indicator",
    title="An output asked for by name",
    explanation="`self.I` gives arrays: the outputs of an indicator are counted, not named.",
    hint="Unpack the outputs, `self.upper, self.lower = self.I(…)`, or count them: `self.bands[0][-1]`.",
    example=example(
        top="""
        import pandas as pd


        def bands(x, n):
            mean = pd.Series(x).rolling(n).mean()
            return pd.DataFrame({"upper": mean * 1.02, "lower": mean * 0.98})
        """,
        more_init="self.bands = self.I(bands, self.data.Close, 20)",
        next="""
        if not self.position and self.data.Close[-1] > self.bands["upper"][-1] and self.fast[-1] > self.slow[-1]:
            self.buy()
        elif self.position and self.data.Close[-1] < self.bands["lower"][-1]:
            self.position.close()
        """,
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("index_before_start",),
)
