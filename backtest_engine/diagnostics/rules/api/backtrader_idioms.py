"""backtrader written inside a backtesting.py class."""

import ast
import re
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.definitions import find_bare
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import (
    apply,
    changed_text,
    dotted,
    expression,
    text,
    with_definitions,
    with_import,
    without_import,
)
from backtest_engine.diagnostics.source import Source

_STRONG = re.compile(
    r"\b(?:import backtrader|from backtrader|bt\.(?:Strategy|ind|indicators|Cerebro|Order)\b|self\.(?:params|p)\.\w+|"
    r"self\.dataclose\b|self\.datas\[|self\.data\.(?:close|open|high|low|volume)\[0\]|"
    r"def notify_(?:order|trade)|self\.addindicator)"
)
_COLUMNS = {"close": "Close", "open": "Open", "high": "High", "low": "Low", "volume": "Volume"}


def _check_source(source: Source) -> Iterable[Location]:
    if source.tree is None:
        return
    for number, line in enumerate(source.lines, 1):
        if _STRONG.search(line.split("#")[0]):
            own = "self.params" in line or "self.p." in line
            if own and not ("params" in source.constants or _framework(source)):
                continue
            yield Location(line=number)
    if not any(_STRONG.search(line.split("#")[0]) for line in source.lines):
        return
    for node in source.every(ast.Subscript):
        if _series(source, node.value) and _is_zero(node.slice) and source.inside(node, "next"):
            yield Location(
                line=node.lineno,
                message="`[0]` is the current bar in backtrader; here it is the first bar of the file.",
            )


def _framework(source: Source) -> bool:
    return any(name.split(".")[0] == "backtrader" for name in source.imports.values())


def _is_zero(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 0 and not isinstance(node.value, bool)


def _series(source: Source, node: ast.expr) -> bool:
    label = source.dotted(node)
    held = {name for call in source.indicators for name in call.names}
    if label.removeprefix("self.") in held or _COLUMN.fullmatch(label):
        return True
    # `self.dataclose = self.data.Close`
    return any(
        _COLUMN.fullmatch(source.dotted(item.value)) and label in map(source.dotted, item.targets)
        for item in source.every(ast.Assign)
    )


_COLUMN = re.compile(r"self\.data\.(?:Close|Open|High|Low|Volume|close)")


def _rewrite(source: Source) -> str | None:
    if source.module is None:
        return None
    shifted = any(_series(source, n.value) and _is_zero(n.slice) for n in source.every(ast.Subscript)) or _framework(
        source
    )
    module = apply(source.module, _plain)
    if shifted:
        series = {name for call in Source(module.code).indicators for name in call.names}
        module = apply(module, lambda node: _shift(node, series), within=("next",))
    module = _cleaned(module)
    return changed_text(source, module)


def _plain(node: cst.CSTNode) -> cst.CSTNode | cst.RemovalSentinel | None:  # noqa: C901 - one case for each form
    """Replace names and calls of backtrader."""
    if isinstance(node, cst.Attribute):
        label = dotted(node)
        for before in ("self.params.", "self.p."):
            if label.startswith(before):
                return expression("self." + label.removeprefix(before))
        found = re.fullmatch(r"(?:self\.data|self\.data0)\.(close|open|high|low|volume)", label)
        if found:
            return expression(f"self.data.{_COLUMNS[found[1]]}")
        if label in ("bt.Strategy", "backtrader.Strategy"):
            return cst.Name("Strategy")
        if label == "self.dataclose":
            return expression("self.data.Close")
    if isinstance(node, cst.Subscript) and text(node) in ("self.datas[0]", "self.datas[0].close"):
        return expression("self.data")
    if isinstance(node, cst.Call):
        return _call(node)
    if isinstance(node, cst.Assign) and _to_itself(node):
        return cst.Pass()
    if isinstance(node, cst.ClassDef):
        return _parameters(node)
    if isinstance(node, cst.FunctionDef) and node.name.value == "__init__" and len(node.params.params) == 1:
        return node.with_changes(name=cst.Name("init"))
    return None


def _to_itself(node: cst.Assign) -> bool:
    """Whether an alias of a column has become the column: `self.data.Close = self.data.Close`."""
    label = dotted(node.value)
    return label.startswith("self.data.") and [dotted(item.target) for item in node.targets] == [label]


def _call(node: cst.Call) -> cst.CSTNode | None:
    label = dotted(node.func)
    if label == "self.close":
        return expression("self.position.close()")
    found = re.fullmatch(r"(?:bt|backtrader)\.(?:ind|indicators|talib)\.(\w+)", label)
    if not found:
        return None
    name = {"SimpleMovingAverage": "SMA", "MovingAverageSimple": "SMA", "ExponentialMovingAverage": "EMA"}.get(
        found[1], found[1]
    )
    if find_bare(name) is None:
        return None
    data = [text(item.value) for item in node.args if item.keyword is None] or ["self.data.Close"]
    data = ["self.data.Close" if item in ("self.data", "self.data0") else item for item in data]
    period = [text(item.value) for item in node.args if item.keyword is not None]
    if name == "ATR":
        data = ["self.data.High", "self.data.Low", "self.data.Close"]
    return expression(f"self.I({', '.join([name, *data, *period])})")


def _parameters(node: cst.ClassDef) -> cst.ClassDef | None:
    """Turn `params = (("n", 10),)` into class attributes."""
    body: list[cst.BaseStatement | cst.BaseSmallStatement] = []
    for item in node.body.body:
        if isinstance(item, cst.SimpleStatementLine) and isinstance(item.body[0], cst.Assign):
            assign = item.body[0]
            if dotted(assign.targets[0].target) == "params":
                given = _given(text(assign.value))
                lines = [cst.parse_statement(f"{name} = {value!r}") for name, value in given.items()]
                if lines and isinstance(lines[0], cst.SimpleStatementLine):
                    lines[0] = lines[0].with_changes(leading_lines=item.leading_lines)
                body.extend(lines or [item])
                continue
        body.append(item)
    return node.with_changes(body=node.body.with_changes(body=body)) if body != list(node.body.body) else None


def _given(value: str) -> dict[str, object]:
    try:
        if value.startswith("dict("):
            call = ast.parse(value, mode="eval").body
            return {k.arg or "": ast.literal_eval(k.value) for k in call.keywords} if isinstance(call, ast.Call) else {}
        return {str(name): number for name, number in dict(ast.literal_eval(value)).items() if str(name).isidentifier()}
    except (ValueError, SyntaxError, TypeError):
        return {}


def _shift(node: cst.CSTNode, series: set[str]) -> cst.CSTNode | None:
    if not isinstance(node, cst.Subscript) or len(node.slice) != 1 or not isinstance(node.slice[0].slice, cst.Index):
        return None
    label = dotted(node.value)
    if label.removeprefix("self.") not in series and not label.startswith("self.data."):
        return None
    try:
        place = int(text(node.slice[0].slice.value))
    except ValueError:
        return None
    return expression(f"{label}[{place - 1}]") if place <= 0 else None


def _cleaned(module: cst.Module) -> cst.Module:
    """Drop the import and the notifications, and define the indicators that are now used."""
    source = Source(module.code)
    for name, full in source.imports.items():
        if full.split(".")[0] == "backtrader":
            module = without_import(module, name)

    def drop(node: cst.CSTNode) -> cst.CSTNode | cst.RemovalSentinel | None:
        if isinstance(node, cst.FunctionDef) and node.name.value.startswith("notify_"):
            return cst.RemoveFromParent()
        return None

    module = apply(module, drop)
    if "Strategy" not in source.imports:
        module = with_import(module, "from backtesting import Strategy")
    for call in source.indicators:
        name = source.dotted(call.function)
        definition = find_bare(name)
        if definition and name not in source.imports and name not in source.functions:
            for line in definition.imports:
                module = with_import(module, line)
            module = with_definitions(module, [definition.code])
    return module


RULE = Rule(
    code="backtrader_idioms",
    family="api",
    title="Written for backtrader",
    explanation="The code uses backtrader's ways (`self.params`, `[0]` for the current bar, "
    "`bt.ind`), which mean nothing here.",
    hint="Parameters are class attributes, the current bar is `[-1]`, indicators are `self.I(function, data, n)`.",
    example=example(
        body="params = (('fast', 10), ('slow', 20))",
        init="self.a = self.I(SMA, self.data.Close, self.params.fast)\nself.b = self.I(SMA, "
        "self.data.Close, self.params.slow)",
        next="if not self.position and self.a[-1] > self.b[-1]:\n    self.buy()\nelif self.position "
        "and self.a[-1] < self.b[-1]:\n    self.position.close()",
    ),
    check_source=_check_source,
    rewrite=_rewrite,
    covers=(
        "column_case", "unknown_strategy_attribute", "undefined_attribute",
        "undefined_name", "index_before_start", "first_bar_read",
    ),
    covers_families=("import", "structure",),
)  # fmt: skip
