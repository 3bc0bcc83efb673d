"""`__init__` written instead of `init`."""

from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import rewritten
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    method = source.methods.get("__init__")
    if method is not None:
        yield Location(line=method.lineno)


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "TypeError" and "__init__()" in raised and source.strategy and source.strategy.name in raised:
        yield Location(line=raised.line)


def _rewrite(source: Source) -> str | None:
    have = "init" in source.methods

    def change(node: cst.CSTNode) -> cst.CSTNode | cst.RemovalSentinel | None:
        if (
            not isinstance(node, cst.FunctionDef)
            or node.name.value != "__init__"
            or not isinstance(node.body, cst.IndentedBlock)
        ):
            return None
        kept = [item for item in node.body.body if "super(" not in cst.Module([]).code_for_node(item)]
        if have:
            return cst.RemoveFromParent() if not kept else None
        return node.with_changes(
            name=cst.Name("init"),
            params=cst.Parameters(params=[cst.Param(cst.Name("self"))]),
            body=node.body.with_changes(body=kept or [cst.parse_statement("pass")]),
        )

    return rewritten(source, change)


RULE = Rule(
    code="overridden_constructor",
    family="structure",
    title="`__init__` instead of `init`",
    explanation=(
        "The strategy overrides `__init__`, which the backtest calls with its own arguments; its hook is called `init`."
    ),
    hint="Rename `__init__` to `init` and take no arguments.",
    example=example().replace("def init(self)", "def __init__(self)"),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("missing_init", "undefined_attribute", "unregistered_indicator"),
)
