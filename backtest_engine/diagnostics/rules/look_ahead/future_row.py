"""A later row read by its number."""

import ast
import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.flow import flow_of, functions_of_init
from backtest_engine.diagnostics.source import Function, Source

_LAST = re.compile(r"self\.data\.(?:Close|Open|High|Low|Volume)(?:\.s\.iloc|\.values)?\[-\d+\]")
_PRIVATE = re.compile(r"\bself\.(?:data\._\w+|_data\b|_broker\._data\b)")


def _check_source(source: Source) -> Iterable[Location]:
    for function in functions_of_init(source):
        yield from _in_loops(source, function)
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and _moved_up(source, node):
                yield Location(
                    line=node.lineno, message=f"`{ast.unparse(node)[:60]}` gives each bar the value of the next one."
                )
    yield from _at_the_end(source)
    for node in source.every(ast.Subscript):
        if source.inside(node, "next") and _beyond(source, node):
            yield Location(line=node.lineno, message=f"`{ast.unparse(node)}` is a bar after the current one.")
    for node in source.every(ast.Attribute):
        if _PRIVATE.fullmatch(source.dotted(node)) and source.inside(node, "next"):
            yield Location(
                line=node.lineno, message=f"`{source.dotted(node)}` holds the whole file, later bars included."
            )


def _at_the_end(source: Source) -> Iterable[Location]:
    """What `init` takes from the last rows."""
    for end in flow_of(source).ends:
        if not _LAST.fullmatch(ast.unparse(end)):
            yield Location(line=end.lineno, message=f"`{ast.unparse(end)[:60]}` is taken from the end of the file.")
    init = source.methods.get("init")
    for node in ast.walk(init) if init is not None else ():
        if isinstance(node, ast.Subscript) and _LAST.fullmatch(ast.unparse(node)):
            yield Location(line=node.lineno, message=f"In `init`, `{ast.unparse(node)}` is the last bar of the file.")


def _in_loops(source: Source, function: Function) -> Iterable[Location]:
    loops = {
        node.target.id
        for node in ast.walk(function)
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name) and source.called(node.iter) == "range"
    }
    for node in ast.walk(function):
        if (
            not isinstance(node, ast.Subscript)
            or not isinstance(node.ctx, ast.Load)
            or isinstance(node.slice, ast.Slice)
        ):
            continue
        index = node.slice
        if isinstance(index, ast.BinOp) and isinstance(index.op, ast.Add) and isinstance(index.left, ast.Name):
            ahead = source.number(index.right)
            stored = _written_further(function, index.left.id)
            if index.left.id in loops and (ahead is None or ahead > 0) and not stored:
                yield Location(
                    line=node.lineno, message=f"`{ast.unparse(node)}` is a later row than the one that is computed."
                )


def _written_further(function: Function, name: str) -> bool:
    """Whether results are also written to a later row, which makes reading one legitimate."""
    return any(
        isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.slice, ast.BinOp)
        and isinstance(node.slice.left, ast.Name)
        and node.slice.left.id == name
        for node in ast.walk(function)
    )


def _moved_up(source: Source, node: ast.Call) -> bool:
    label = source.dotted(node.func)
    if label == "numpy.append" and node.args:
        first: ast.expr = node.args[0]
    elif (
        label in ("numpy.concatenate", "numpy.hstack", "numpy.r_")
        and node.args
        and isinstance(node.args[0], ast.List | ast.Tuple)
    ):
        first = node.args[0].elts[0] if node.args[0].elts else node
    else:
        return False
    if not (isinstance(first, ast.Subscript) and isinstance(first.slice, ast.Slice) and first.slice.upper is None):
        return False
    lower = source.number(first.slice.lower)
    return lower is not None and lower > 0 and not _fitted_target(source, node)


def _fitted_target(source: Source, node: ast.Call) -> bool:
    return bool(flow_of(source).fits)


def _beyond(source: Source, node: ast.Subscript) -> bool:
    base = source.dotted(node.value) or source.dotted(getattr(node.value, "value", None))
    name = base.removeprefix("self.").split(".")[0]
    if name not in flow_of(source).raw and not re.search(r"self\._?data", base):
        return False
    index = ast.unparse(node.slice)
    return bool(
        name in flow_of(source).raw
        and re.fullmatch(r"len\(self\.data(?:\.\w+)?\)(?: \+ \d+)?|(?:self\.)?\w+ \+ \d+", index)
    )


RULE = Rule(
    code="future_row",
    family="look_ahead",
    severity="error",
    after_run="error",
    title="Reads a later bar",
    explanation="The code reads a bar that comes after the one it decides on.",
    hint="Use the current bar (`[-1]`) and earlier ones (`[-2]`) only.",
    example=example(
        top="import numpy as np\n\n\ndef rises(close):\n    mark = np.zeros(len(close))\n"
        "    for i in range(len(close) - 1):\n"
        "        mark[i] = close[i + 1] > close[i]\n    return mark",
        more_init="self.rise = self.I(rises, self.data.Close)",
        next="if not self.position and self.rise[-1] and self.fast[-1] > self.slow[-1]:\n"
        "    self.buy()\nelif self.fast[-1] < self.slow[-1]:\n    self.position.close()",
    ),
    check_source=_check_source,
    covers=("future_seen",),
)
