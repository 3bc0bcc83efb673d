"""Names that NumPy has removed."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten
from backtest_engine.diagnostics.source import Source

_GONE = {
    "NaN": "{np}.nan", "NAN": "{np}.nan", "Inf": "{np}.inf", "Infinity": "{np}.inf", "infty": "{np}.inf",
    "PINF": "{np}.inf", "NINF": "-{np}.inf", "float": "float", "int": "int", "bool": "bool", "object": "object",
    "str": "str", "complex": "complex", "long": "int", "unicode": "str", "float_": "{np}.float64",
    "complex_": "{np}.complex128", "int0": "{np}.intp", "product": "{np}.prod", "cumproduct": "{np}.cumprod",
    "alltrue": "{np}.all", "sometrue": "{np}.any", "round_": "{np}.round", "in1d": "{np}.isin",
    "row_stack": "{np}.vstack", "trapz": "{np}.trapezoid", "asfarray": "{np}.asarray", "mat": "{np}.asmatrix",
    "msort": "{np}.sort", "asscalar": "float", "bool8": "{np}.bool_", "string_": "{np}.bytes_",
    "unicode_": "{np}.str_",
}  # fmt: skip


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.every(ast.Attribute):
        label = source.dotted(node)
        name = label.removeprefix("numpy.")
        if label.startswith("numpy.") and name in _GONE:
            instead = _GONE[name].format(np="np")
            yield Location(line=node.lineno, message=f"`np.{name}` was removed from NumPy: use `{instead}`.")


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "AttributeError" and (
        "was removed in the NumPy" in raised or "`np." in raised or "deprecated alias" in raised
    ):
        yield Location(line=raised.line, message=raised.message.split("\n")[0])


def _rewrite(source: Source) -> str | None:
    modules = {name for name, full in source.imports.items() if full == "numpy"}

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Attribute) and dotted(node.value) in modules and node.attr.value in _GONE:
            return expression(_GONE[node.attr.value].format(np=dotted(node.value)))
        return None

    return rewritten(source, change)


RULE = Rule(
    code="removed_numpy_alias",
    family="numpy",
    title="Removed from NumPy",
    explanation="The code uses a name that NumPy has removed, such as `np.NaN` or `np.float`.",
    hint="Write `np.nan`, `float`, `int`, `bool`, `np.prod`.",
    example=example(
        top="import numpy as np",
        more_init="self.flat = self.I(lambda: np.where(self.data.Close > 0, self.data.Close, np.NaN))",
        next=(
            "if not self.position and self.fast[-1] > self.slow[-1] and self.flat[-1] > 0:\n"
            "    self.buy()\nelif self.fast[-1] < self.slow[-1]:\n"
            "    self.position.close()"
        ),
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("unknown_numpy_function",),
)
