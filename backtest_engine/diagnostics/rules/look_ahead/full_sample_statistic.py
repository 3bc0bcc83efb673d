"""A statistic of the whole file used on each of its bars."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.flow import COLUMNS, flow_of
from backtest_engine.diagnostics.rewriting import apply, changed_text, dotted, expression, text, with_import
from backtest_engine.diagnostics.source import Source

_METHODS = frozenset(["max", "min", "mean", "std", "var", "sum", "median", "quantile", "skew", "kurt"])
_NUMPY = {
    "amax": "max",
    "amin": "min",
    "nanmax": "max",
    "nanmin": "min",
    "nanmean": "mean",
    "nanstd": "std",
    "average": "mean",
    "nansum": "sum",
    "nanmedian": "median",
}


def _check_source(source: Source) -> Iterable[Location]:
    lines = set()
    for node in flow_of(source).reductions:
        if node.lineno not in lines:
            lines.add(node.lineno)
            yield Location(
                line=node.lineno,
                message=f"`{ast.unparse(node)[:60]}` is computed from the whole file, later bars included.",
            )


def _rewrite(source: Source) -> str | None:
    if source.module is None:
        return None
    wanted = {ast.unparse(node).replace('"', "'").replace(" ", "") for node in flow_of(source).reductions}
    scalars: set[str] = set()

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Call) and text(node).replace('"', "'").replace(" ", "") in wanted:
            return _expanding(node)
        return None

    def declare(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Assign) and ".expanding()" in text(node.value) and "self.I(" not in text(node.value):
            target = dotted(node.targets[0].target)
            if target.startswith("self.") and target.count(".") == 1:
                scalars.add(target)
                return node.with_changes(value=expression(f"self.I(lambda: {text(node.value)})"))
        return None

    def last(node: cst.CSTNode) -> cst.CSTNode | None:
        return (
            expression(f"{dotted(node)}[-1]") if isinstance(node, cst.Attribute) and dotted(node) in scalars else None
        )

    module = apply(source.module, change)
    module = apply(module, declare, within=("init",))
    module = apply(module, last, within=tuple(m.name for m in source.reached("next")))
    if "pd.Series(" in module.code and "pd" not in source.imports:
        module = with_import(module, "import pandas as pd")
    return changed_text(source, module)


def _expanding(node: cst.Call) -> cst.BaseExpression | None:
    label = dotted(node.func)
    name = label.rsplit(".", 1)[-1] if label else (node.func.attr.value if isinstance(node.func, cst.Attribute) else "")
    if label.startswith(("np.", "numpy.")) or label in ("max", "min", "sum"):
        base, rest = text(node.args[0].value), [text(item) for item in node.args[1:]]
    elif isinstance(node.func, cst.Attribute):
        base, rest = text(node.func.value), [text(item) for item in node.args]
    else:
        return None
    method = _NUMPY.get(name, name)
    if name in ("percentile", "nanpercentile") and rest:
        method, rest = "quantile", [f"{rest[0]} / 100"]
    if method not in _METHODS:
        return None
    column = base.removesuffix(".values").removesuffix(".s")
    series = (
        f"{column}.s" if column.startswith("self.data.") and column.split(".")[-1] in COLUMNS else f"pd.Series({base})"
    )
    return expression(
        f"{series}.expanding().{method}({', '.join(item for item in rest if not item.startswith('ddof'))})"
    )


RULE = Rule(
    code="full_sample_statistic",
    family="look_ahead",
    severity="error",
    after_run="error",
    title="A statistic of the whole file",
    explanation="A maximum, mean or deviation of the whole file knows all later bars.",
    hint="Use a window that ends at the bar: `.rolling(n)` or `.expanding()`, inside `self.I`.",
    example=example(
        more_init="self.top = self.data.Close.max()",
        next=(
            "if not self.position and self.data.Close[-1] < 0.7 * self.top and self.fast[-1] "
            "> self.slow[-1]:\n    self.buy()\nelif self.data.Close[-1] > 0.95 * self.top:\n"
            "    self.position.close()"
        ),
    ),
    check_source=_check_source,
    rewrite=_rewrite,
    rewrite_guesses=True,
    covers=("future_seen", "unregistered_indicator"),
)
