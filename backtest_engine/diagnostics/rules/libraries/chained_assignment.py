"""An assignment to a part of a copy, which pandas 3 drops silently."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import expression, rewritten, text
from backtest_engine.diagnostics.source import Source


def _frames(source: Source) -> set[str]:
    found = set()
    for node in source.every(ast.Assign):
        written = ast.unparse(node.value)
        if (
            written.startswith(("self.data.df", "pd.DataFrame("))
            and "[" not in written.removeprefix("self.data.df")[:1]
        ):
            found |= {source.dotted(target) for target in node.targets}
    return found - {""}


def _check_source(source: Source) -> Iterable[Location]:
    frames = _frames(source)
    for node in source.every(ast.Subscript):
        if not isinstance(node.ctx, ast.Store) or not isinstance(node.value, ast.Subscript | ast.Attribute):
            continue
        inner = node.value
        if (
            isinstance(inner, ast.Attribute)
            and inner.attr in ("loc", "iloc", "at", "iat")
            and isinstance(inner.value, ast.Subscript)
        ):
            inner = inner.value
        elif isinstance(inner, ast.Attribute):
            continue
        if (
            isinstance(inner, ast.Subscript)
            and source.dotted(inner.value) in frames
            and isinstance(inner.slice, ast.Constant)
        ):
            yield Location(line=node.lineno, message=f"`{ast.unparse(node)} = …` changes a copy, which is thrown away.")
    for node in source.every(ast.Call):
        inplace = any(item.arg == "inplace" and ast.unparse(item.value) == "True" for item in node.keywords)
        if (
            inplace
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Subscript)
            and source.dotted(node.func.value.value) in frames
        ):
            yield Location(
                line=node.lineno, message=f"`{ast.unparse(node)[:60]}` changes a copy, which is thrown away."
            )


def _rewrite(source: Source) -> str | None:
    frames = _frames(source)

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.AssignTarget) and isinstance(node.target, cst.Subscript):
            inner: cst.BaseExpression = node.target.value
            located = isinstance(inner, cst.Attribute) and inner.attr.value in ("loc", "iloc")
            position = isinstance(inner, cst.Attribute) and inner.attr.value == "iloc"
            if located and isinstance(inner, cst.Attribute):
                inner = inner.value
            if isinstance(inner, cst.Subscript) and text(inner.value) in frames:
                row = ", ".join(text(item.slice) for item in node.target.slice)
                frame, column = text(inner.value), text(inner.slice[0].slice)
                where = f"{frame}.index[{row}]" if position else row
                return node.with_changes(target=expression(f"{frame}.loc[{where}, {column}]"))
        if (
            isinstance(node, cst.Expr)
            and isinstance(node.value, cst.Call)
            and "inplace=True" in text(node.value).replace(" ", "")
        ):
            call = node.value
            if (
                isinstance(call.func, cst.Attribute)
                and isinstance(call.func.value, cst.Subscript)
                and text(call.func.value.value) in frames
            ):
                kept = [item for item in call.args if not (item.keyword and item.keyword.value == "inplace")]
                if kept:
                    kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
                return cst.Assign(targets=[cst.AssignTarget(call.func.value)], value=call.with_changes(args=kept))
        return None

    return rewritten(source, change)


RULE = Rule(
    code="chained_assignment",
    family="pandas",
    severity="error",
    after_run="warning",
    title="An assignment that has no effect",
    explanation="`df['x'][rows] = value` changes a copy; since pandas 3 the frame itself never changes.",
    hint="Write `df.loc[rows, 'x'] = value`.",
    example=example(
        top="import pandas as pd",
        more_init=(
            "df = self.data.df.copy()\ndf['go'] = 0.0\n"
            "df['go'][df['Close'] > df['Open']] = 1.0\n"
            "self.go = self.I(lambda: df['go'].values)"
        ),
        next=(
            "if not self.position and self.go[-1] > 0 and self.fast[-1] > self.slow[-1]:\n"
            "    self.buy()\nelif self.fast[-1] < self.slow[-1]:\n"
            "    self.position.close()"
        ),
    ),
    check_source=_check_source,
    rewrite=_rewrite,
)
