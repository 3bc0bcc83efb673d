"""Indicators kept in a list or dict: backtesting.py does not reveal those bar by bar."""

from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten, text
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.unrevealed_arrays import unrevealed_reads


def _check_source(source: Source) -> Iterable[Location]:
    for read in unrevealed_reads(source.lineage):
        if read.kept_in_container:
            yield Location(line=read.line)


def _rewrite(source: Source) -> str | None:
    """Give the items of a literal list or dict attributes of their own."""
    names: dict[str, str] = {}

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if not isinstance(node, cst.IndentedBlock):
            return None
        body: list[cst.BaseStatement] = []
        for item in node.body:
            taken = _taken(item, names)
            body.extend(taken or [item])
        return node.with_changes(body=body) if names and body != list(node.body) else None

    def use(node: cst.CSTNode) -> cst.CSTNode | None:
        found = names.get(text(node).replace('"', "'")) if isinstance(node, cst.Subscript) else None
        return expression(found) if found else None

    code = rewritten(source, change, within=("init",))
    if not code or not names:
        return None
    done = rewritten(Source(code), use) or code
    bases = {key.split("[")[0] for key in names}
    return done if not any(f"{base}[" in done or f"in {base}" in done or f"{base}." in done for base in bases) else None


def _taken(item: cst.BaseStatement, names: dict[str, str]) -> list[cst.BaseStatement]:
    if not isinstance(item, cst.SimpleStatementLine) or not isinstance(item.body[0], cst.Assign):
        return []
    assign = item.body[0]
    target = dotted(assign.targets[0].target)
    value = assign.value
    if not target.startswith("self."):
        return []
    found: list[tuple[str, str]] = []
    if (
        isinstance(value, cst.List | cst.Tuple)
        and value.elements
        and all("self.I(" in text(e.value) for e in value.elements)
    ):
        found = [(str(place), text(element.value)) for place, element in enumerate(value.elements)]
    elif isinstance(value, cst.Dict) and all(
        isinstance(e, cst.DictElement) and isinstance(e.key, cst.SimpleString) for e in value.elements
    ):
        found = [
            (text(e.key).replace('"', "'"), text(e.value)) for e in value.elements if isinstance(e, cst.DictElement)
        ]
    lines = []
    for key, code in found:
        name = f"{target}_{key.strip(chr(39))}"
        if not name.removeprefix("self.").isidentifier():
            return []
        names[f"{target}[{key}]"] = name
        lines.append(cst.parse_statement(f"{name} = {code}"))
    return list(lines)


RULE = Rule(
    code="indicators_in_container",
    family="indicator",
    severity="error",
    after_run="error",
    title="Indicators in a list or dict",
    explanation=(
        "Only indicators that are attributes of the strategy are revealed bar by bar; in "
        "a list or dict `[-1]` is the file's last value."
    ),
    hint="Keep each indicator in an attribute of its own: `self.fast = self.I(…)`.",
    example=example(
        init="self.averages = [self.I(SMA, self.data.Close, 10), self.I(SMA, self.data.Close, 20)]",
        next="if not self.position and self.averages[0][-1] > self.averages[1][-1]:\n    self.buy()\n"
        "elif self.position and self.averages[0][-1] < self.averages[1][-1]:\n    self.position.close()",
    ),
    check_source=_check_source,
    rewrite=_rewrite,
)
