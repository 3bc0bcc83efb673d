"""pandas functions and spellings that are gone."""

import ast
import re
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import argument, dotted, expression, rewritten, text
from backtest_engine.diagnostics.source import Source

_FUNCTIONS = frozenset(
    [
        "rolling_mean", "rolling_std", "rolling_max", "rolling_min", "rolling_sum", "rolling_median", "rolling_var",
        "rolling_apply", "ewma", "ewmstd", "expanding_mean", "expanding_max", "expanding_min", "TimeGrouper", "Panel",
        "datetime", "np", "Float64Index", "Int64Index",
    ]
)  # fmt: skip
_METHODS = frozenset(
    [
        "ix", "iteritems", "as_matrix", "get_value", "set_value", "lookup", "mad", "swaplevels", "applymap", "pad",
        "backfill", "tshift", "is_monotonic",
    ]
)  # fmt: skip
_OFFSETS = {
    "M": "ME", "Q": "QE", "Y": "YE", "A": "YE", "H": "h", "T": "min", "S": "s", "L": "ms", "BM": "BME", "BQ": "BQE",
    "BA": "BYE", "AS": "YS", "BAS": "BYS", "CBM": "CBME", "SM": "SME",
}  # fmt: skip
# Periods (`to_period`) keep the short letters.
_TIMED = ("resample", "asfreq", "date_range", "Grouper", "floor", "ceil", "resample_apply")


def _offset(written: str) -> str:
    found = re.fullmatch(r"(\d*)([A-Z]+)(-\w+)?", written)
    if found is None or found[2] not in _OFFSETS:
        return ""
    return f"{found[1]}{_OFFSETS[found[2]]}{found[3] or ''}"


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.every(ast.Attribute):
        label = source.dotted(node)
        if label.startswith("pandas.") and label.removeprefix("pandas.") in _FUNCTIONS:
            yield Location(line=node.lineno, message=f"`{ast.unparse(node)}` was removed from pandas.")
        elif (
            node.attr in _METHODS
            and not label.startswith(("self.position", "numpy.", "self." + node.attr))
            and _pandas(source)
        ):
            yield Location(line=node.lineno, message=f"`.{node.attr}` was removed from pandas.")
    for node in source.every(ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else source.dotted(node.func).rsplit(".", 1)[-1]
        method = [item for item in node.keywords if item.arg == "method"]
        if name == "fillna" and method:
            yield Location(line=node.lineno, message="`fillna(method=…)` was removed from pandas: use `.ffill()`.")
        for item in [*node.args[:1], *(k.value for k in node.keywords if k.arg in ("freq", "rule"))]:
            if (
                name in _TIMED
                and isinstance(item, ast.Constant)
                and isinstance(item.value, str)
                and _offset(item.value)
            ):
                yield Location(
                    line=node.lineno, message=f"The frequency '{item.value}' is now spelt '{_offset(item.value)}'."
                )
        if (
            name == "append"
            and isinstance(node.func, ast.Attribute)
            and any(k.arg == "ignore_index" for k in node.keywords)
        ):
            yield Location(
                line=node.lineno, message="`.append` of Series and frames was removed from pandas: use `pd.concat`."
            )


def _pandas(source: Source) -> bool:
    return "pandas" in source.imports.values() or "self.data.df" in source.code or ".s." in source.code


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    gone = "|".join(sorted({*_METHODS, *_FUNCTIONS, "append"}))
    if raised.type == "AttributeError" and re.search(
        rf"(?:'(?:Series|DataFrame)' object|module 'pandas') has no attribute '(?:{gone})'", raised.message
    ):
        yield Location(line=raised.line, message=f"{raised.message}: it was removed from pandas.")
    elif raised.type == "ValueError" and "Invalid frequency" in raised:
        yield Location(line=raised.line, message=raised.message)
    elif raised.type == "TypeError" and "fillna() got an unexpected keyword argument 'method'" in raised:
        yield Location(line=raised.line, message="`fillna(method=…)` was removed from pandas.")


def _rewrite(source: Source) -> str | None:
    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Call):
            return _call(node)
        if isinstance(node, cst.Attribute):
            label = text(node)
            if label == "pd.np":
                return expression("np")
            if label == "pd.datetime":
                return expression("pd.Timestamp")
            renamed = {"ix": "iloc", "iteritems": "items", "pad": "ffill", "backfill": "bfill", "applymap": "map"}
            if node.attr.value in renamed and not dotted(node).startswith("self." + node.attr.value):
                return node.with_changes(attr=cst.Name(renamed[node.attr.value]))
        return None

    return rewritten(source, change)


def _call(node: cst.Call) -> cst.CSTNode | None:
    name = node.func.attr.value if isinstance(node.func, cst.Attribute) else text(node.func)
    label = text(node.func)
    found = re.fullmatch(r"(pd|pandas)\.(rolling|expanding)_(\w+)", label)
    if found and node.args:
        data = f"{found[1]}.Series({text(node.args[0].value)})"
        window = text(node.args[1]).rstrip(", ") if len(node.args) > 1 and found[2] == "rolling" else ""
        return expression(f"{data}.{found[2]}({window}).{found[3]}()")
    if re.fullmatch(r"(pd|pandas)\.ewm(a|std)", label) and node.args:
        rest = ", ".join(text(item).rstrip(", ") for item in node.args[1:])
        return expression(
            f"pd.Series({text(node.args[0].value)}).ewm({rest}).{'mean' if label.endswith('a') else 'std'}()"
        )
    method = argument(node, "method")
    if name == "fillna" and method is not None and isinstance(node.func, cst.Attribute):
        back = "b" in text(method.value).strip("'\"")[:1]
        return node.with_changes(func=node.func.with_changes(attr=cst.Name("bfill" if back else "ffill")), args=[])
    if name == "as_matrix" and isinstance(node.func, cst.Attribute):
        return node.with_changes(func=node.func.with_changes(attr=cst.Name("to_numpy")))
    if name == "mad" and isinstance(node.func, cst.Attribute):
        base = text(node.func.value)
        return expression(f"({base} - {base}.mean()).abs().mean()")
    if name in _TIMED:
        arguments = [_respelt(item) for item in node.args]
        return node.with_changes(args=arguments)
    if name == "append" and argument(node, "ignore_index") is not None and isinstance(node.func, cst.Attribute):
        return expression(f"pd.concat([{text(node.func.value)}, {text(node.args[0].value)}], ignore_index=True)")
    return None


def _respelt(item: cst.Arg) -> cst.Arg:
    if isinstance(item.value, cst.SimpleString) and _offset(item.value.raw_value):
        quote = item.value.value[0]
        return item.with_changes(value=cst.SimpleString(f"{quote}{_offset(item.value.raw_value)}{quote}"))
    return item


RULE = Rule(
    code="removed_pandas_api",
    family="pandas",
    title="Removed from pandas",
    explanation="The code uses a part of pandas that was removed.",
    hint="Use `.rolling(n).mean()`, `.ffill()`, `pd.concat`, `.iloc`, and the frequencies ME, QE, YE, h, min.",
    example=example(
        top="import pandas as pd",
        init=(
            "self.fast = self.I(lambda: pd.rolling_mean(self.data.Close, 10))\n"
            "self.slow = self.I(SMA, self.data.Close, 20)"
        ),
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("unknown_pandas_attribute", "array_is_not_series"),
)
