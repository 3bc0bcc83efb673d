"""A window that is centred on its bar, so half of it is the future."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.flow import functions_of_init
from backtest_engine.diagnostics.rewriting import argument, rewritten, text
from backtest_engine.diagnostics.source import Source

_FILTERS = frozenset(
    [
        "savgol_filter", "filtfilt", "sosfiltfilt", "medfilt", "gaussian_filter1d", "uniform_filter1d", "hilbert",
        "detrend", "hpfilter", "lowess",
    ]
)  # fmt: skip


def _centred(source: Source, node: ast.Call) -> bool:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else source.dotted(node.func)
    keywords = {item.arg: item.value for item in node.keywords}
    if name == "rolling":
        value = keywords.get("center")
        return isinstance(value, ast.Constant) and value.value is True
    if source.dotted(node.func) == "numpy.convolve":
        modes = [ast.unparse(item) for item in node.args[2:3]] + (
            [ast.unparse(keywords["mode"])] if "mode" in keywords else []
        )
        return "'same'" in modes
    return source.dotted(node.func) == "numpy.gradient" or name in _FILTERS


def _check_source(source: Source) -> Iterable[Location]:
    for function in functions_of_init(source):
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and _centred(source, node) and not _pivot(source, node):
                yield Location(
                    line=node.lineno, message=f"`{ast.unparse(node)[-60:]}` uses bars after the one it is given for."
                )


def _pivot(source: Source, node: ast.Call) -> bool:
    return any(isinstance(item, ast.Compare) and isinstance(item.ops[0], ast.Eq) for item in source.above(node))


def _rewrite(source: Source) -> str | None:
    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
            return None
        centre = argument(node, "center")
        if node.func.attr.value == "rolling" and centre is not None:
            kept = [item for item in node.args if item is not centre]
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            return node.with_changes(args=kept)
        if text(node.func) in ("np.convolve", "numpy.convolve") and "same" in text(node):
            library, data, kernel = text(node.func).split(".")[0], text(node.args[0].value), text(node.args[1].value)
            return cst.parse_expression(f"{library}.convolve({data}, {kernel})[:len({data})]")
        return None

    return rewritten(source, change)


RULE = Rule(
    code="centred_window",
    family="look_ahead",
    severity="error",
    after_run="error",
    title="A centred window",
    explanation="A window centred on a bar contains later bars.",
    hint="Let the window end at the bar: leave `center=True` out.",
    example=example(
        init=(
            "self.fast = self.I(lambda: self.data.Close.s.rolling(10, center=True).mean())\n"
            "self.slow = self.I(SMA, self.data.Close, 20)"
        )
    ),
    check_source=_check_source,
    rewrite=_rewrite,
    covers=("future_seen", "package_not_available"),
)
