"""A method without `self`."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import rewritten
from backtest_engine.diagnostics.source import Source


def _methods(source: Source) -> list[ast.FunctionDef]:
    return [
        method
        for name, method in source.methods.items()
        if not any(source.dotted(item) in ("staticmethod", "classmethod") for item in method.decorator_list)
        and not method.args.vararg
        and not (method.args.args and method.args.args[0].arg == "self")
        and (name in ("init", "next") or any(isinstance(n, ast.Name) and n.id == "self" for n in ast.walk(method)))
    ]


def _check_source(source: Source) -> Iterable[Location]:
    for method in _methods(source):
        yield Location(line=method.lineno, message=f"`{method.name}` does not take `self`.")


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    said = ("takes 0 positional arguments but 1 was given", "missing 1 required positional argument: 'self'")
    if raised.type == "TypeError" and any(text in raised for text in said):
        yield Location(line=raised.line)


def _rewrite(source: Source) -> str | None:
    names = {method.name for method in _methods(source)}

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.FunctionDef) and node.name.value in names:
            own = [item for item in node.params.params if item.name.value not in ("cls", "this")]
            return node.with_changes(params=node.params.with_changes(params=[cst.Param(cst.Name("self")), *own]))
        return None

    return rewritten(source, change)


RULE = Rule(
    code="missing_self",
    family="structure",
    title="`self` is missing",
    explanation="A method does not take `self` as its first argument.",
    hint="Write `def next(self):`.",
    example=example().replace("def next(self)", "def next()"),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("undefined_name",),
)
