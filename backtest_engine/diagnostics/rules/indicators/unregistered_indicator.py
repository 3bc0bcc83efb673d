"""An indicator kept without `self.I`: its last value is the file's last, on every bar."""

import ast
import re
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.flow import COLUMNS, flow_of
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten, text
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.unrevealed_arrays import unrevealed_reads


def _kept(source: Source) -> dict[str, int]:
    """Return raw attributes that `next` reads from the end, or as a whole, with the line of their assignment."""
    raw = flow_of(source).raw
    found: dict[str, int] = {}
    registered = {name for call in source.indicators for name in call.names}
    for name, value in raw.items():
        if name in registered or isinstance(value, ast.List | ast.Tuple | ast.Dict):
            continue
        if any(_from_end(source, node) for node in _reads(source, name)):
            found[name] = value.lineno
    return found


def _reads(source: Source, name: str) -> Iterable[ast.Attribute]:
    for node in source.every(ast.Attribute):
        if (
            node.attr == name
            and source.dotted(node) == f"self.{name}"
            and isinstance(node.ctx, ast.Load)
            and source.inside(node, "next")
        ):
            yield node


def _from_end(source: Source, node: ast.Attribute) -> bool:
    parent = source.parents.get(node)
    if isinstance(parent, ast.Attribute) and parent.attr in ("iloc", "values", "iat"):
        parent = source.parents.get(parent)
    if isinstance(parent, ast.Subscript):
        index = parent.slice
        return (
            isinstance(index, ast.UnaryOp)
            and isinstance(index.op, ast.USub)
            and isinstance(index.operand, ast.Constant)
        )
    return isinstance(parent, ast.Compare) or (
        isinstance(parent, ast.Call) and source.dotted(parent.func).startswith("backtesting.lib.cross")
    )


def _check_source(source: Source) -> Iterable[Location]:
    kept = _kept(source)
    for name, line in kept.items():
        yield Location(
            line=line,
            message=f"`self.{name}` is not declared with `self.I`: in `next` it shows the whole file's last values.",
        )
    if not kept:
        for read in unrevealed_reads(source.lineage):
            if not read.kept_in_container:
                yield Location(line=read.line)


def _rewrite(source: Source) -> str | None:
    kept = _kept(source)
    raw = flow_of(source).raw
    aliases = {
        f"self.{name}": source.dotted(raw[name])
        for name in kept
        if re.fullmatch(rf"self\.data\.({'|'.join(COLUMNS)})(\.s)?", source.dotted(raw[name]))
    }

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Assign) and len(node.targets) == 1:
            target = dotted(node.targets[0].target)
            if target.removeprefix("self.") in kept and target not in aliases:
                return node.with_changes(value=_declared(node.value, source))
        return None

    def drop(node: cst.CSTNode) -> cst.CSTNode | None:
        if (
            isinstance(node, cst.Subscript)
            and text(node.value).removesuffix(".iloc").removesuffix(".values") in kept_names
        ):
            return node.with_changes(
                value=cst.parse_expression(text(node.value).removesuffix(".iloc").removesuffix(".values"))
            )
        return None

    def follow(node: cst.CSTNode) -> cst.CSTNode | None:
        label = dotted(node) if isinstance(node, cst.Attribute) else ""
        return expression(aliases[label].removesuffix(".s")) if label in aliases else None

    kept_names = {f"self.{name}" for name in kept}
    code = rewritten(source, change, within=("init",)) or source.code
    code = rewritten(Source(code), drop, within=("next",)) or code
    code = rewritten(Source(code), follow, within=("next",)) or code
    return code if code != source.code else None


def _declared(value: cst.BaseExpression, source: Source) -> cst.BaseExpression:
    if (
        isinstance(value, cst.Call)
        and not text(value.func).startswith(("pd.", "np."))
        and (dotted(value.func) in source.functions or dotted(value.func) in source.imports)
    ):
        arguments = ", ".join(text(item).rstrip(", ") for item in value.args)
        return expression(f"self.I({text(value.func)}, {arguments})")
    return expression(f"self.I(lambda: {text(value)})")


RULE = Rule(
    code="unregistered_indicator",
    family="indicator",
    severity="error",
    after_run="error",
    title="An indicator without `self.I`",
    explanation=(
        "Values computed in `init` and not declared with `self.I` are not revealed bar by "
        "bar: `[-1]` is the file's last value."
    ),
    hint="Declare it: `self.sma = self.I(SMA, self.data.Close, 10)`.",
    example=example(init="self.fast = SMA(self.data.Close, 10)\nself.slow = SMA(self.data.Close, 20)"),
    check_source=_check_source,
    rewrite=_rewrite,
    covers=("positional_series_access", "series_truth_value"),
)
