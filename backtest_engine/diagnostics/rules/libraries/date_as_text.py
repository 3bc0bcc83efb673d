"""Dates compared with text."""

import ast
import re
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import apply, changed_text, expression, text, with_import
from backtest_engine.diagnostics.source import Source

_DATE = re.compile(r"^\d{4}-\d\d?-\d\d?(?:[ T]\d\d?:\d\d.*)?$|^\d{4}/\d\d?/\d\d?$")
_TIME = re.compile(r"^\d\d?:\d\d(?::\d\d)?$")
_STAMP = re.compile(r"self\.data\.(?:df\.)?index\[-?\d+\](?:\.(?:date|time)\(\))?$")


def _sides(source: Source) -> Iterable[tuple[ast.Compare, str, str, str]]:
    """Yield comparisons of a time stamp with text: the node, the text, how it is written, and the stamp."""
    aliases = {
        item.targets[0].id: ast.unparse(item.value)
        for item in source.every(ast.Assign)
        if isinstance(item.targets[0], ast.Name) and _STAMP.search(ast.unparse(item.value))
    }
    for node in source.every(ast.Compare):
        values = [node.left, *node.comparators]
        for value in values:
            said = _text(source, value)
            if said and (_DATE.match(said) or _TIME.match(said)):
                for other in values:
                    written = aliases.get(other.id, "") if isinstance(other, ast.Name) else ast.unparse(other)
                    if _STAMP.search(written):
                        yield node, said, ast.unparse(value), written


def _text(source: Source, node: ast.expr) -> str:
    label = source.dotted(node)
    name = label.removeprefix("self.")
    known = source.constants.get(name) if label.startswith("self.") and name not in source.assigned else None
    if label.startswith("self.") and known is None and len(source.assigned.get(name, [])) == 1:
        known = source.assigned[name][0]
    held = known if known is not None else source.module_constants.get(label, node)
    return held.value if isinstance(held, ast.Constant) and isinstance(held.value, str) else ""


def _check_source(source: Source) -> Iterable[Location]:
    for node, value, _, _ in _sides(source):
        yield Location(line=node.lineno, message=f"A time stamp is compared with the text '{value}'.")


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "TypeError" and re.search(
        r"instances of '(?:Timestamp|datetime\.\w+|str)' and '(?:Timestamp|datetime\.\w+|str)'", raised.message
    ):
        yield Location(
            line=raised.line, message=f"{raised.message}: a date is compared with text or with another kind of date."
        )


def _rewrite(source: Source) -> str | None:
    kinds = {written: stamp for _, _, written, stamp in _sides(source)}
    if source.module is None or not kinds:
        return None

    def stamped(node: cst.BaseExpression) -> cst.BaseExpression:
        written = text(node)
        stamp = kinds.get(written) or kinds.get(written.replace('"', "'"))
        if stamp is None:
            return node
        ending = ".time()" if stamp.endswith(".time()") else ".date()" if stamp.endswith(".date()") else ""
        return expression(f"pd.Timestamp({written}){ending}")

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Comparison):
            others = [item.with_changes(comparator=stamped(item.comparator)) for item in node.comparisons]
            return node.with_changes(left=stamped(node.left), comparisons=others)
        return None

    module = apply(source.module, change, within=tuple(m.name for m in source.reached("next")))
    if "pd" not in source.imports:
        module = with_import(module, "import pandas as pd")
    return changed_text(source, module)


RULE = Rule(
    code="date_as_text",
    family="datetime",
    title="A date compared with text",
    explanation="A time stamp is compared with text: `<` raises, and `==` is never true.",
    hint="Compare with `pd.Timestamp('2010-01-01')`.",
    example=example(
        next=(
            "if not self.position and self.data.index[-1] >= '2008-01-01' and self.fast[-1] > "
            "self.slow[-1]:\n    self.buy()\nelif self.fast[-1] < self.slow[-1]:\n"
            "    self.position.close()"
        )
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("wrong_type",),
)
