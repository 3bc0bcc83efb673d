"""A swing point marked on its own bar, although it is known only some bars later."""

import ast
import re
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.flow import functions_of_init
from backtest_engine.diagnostics.rewriting import apply, changed_text, expression, text
from backtest_engine.diagnostics.source import Function, Source

_FINDERS = ("argrelextrema", "argrelmin", "argrelmax", "find_peaks")


def _ahead(source: Source, function: Function) -> Iterable[tuple[ast.Subscript, str, str]]:
    """Yield slices that end after the loop's bar, with the loop's name and how far they reach."""
    loops = {
        node.target.id for node in ast.walk(function) if isinstance(node, ast.For) and isinstance(node.target, ast.Name)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load):
            upper = node.slice.upper
            if isinstance(upper, ast.BinOp) and isinstance(upper.op, ast.Add):
                found = re.fullmatch(r"(\w+) \+ (\w+)(?: \+ 1)?|1 \+ (\w+) \+ (\w+)", ast.unparse(upper))
                if found and found[1] in loops and found[2] not in ("1",) and not _delayed(function, found[1]):
                    yield node, found[1], found[2]


def _delayed(function: Function, loop: str) -> bool:
    """Whether the function writes its marks to later rows only, which is when they are confirmed."""
    places = [
        ast.unparse(node.slice)
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
    ]
    return bool(places) and loop not in places and any(place.startswith(f"{loop} + ") for place in places)


def _check_source(source: Source) -> Iterable[Location]:
    for function in functions_of_init(source):
        for node, _, reach in _ahead(source, function):
            yield Location(
                line=node.lineno, message=f"`{ast.unparse(node)}` reaches {reach} bars beyond the bar it is written to."
            )
        for call in ast.walk(function):
            if not isinstance(call, ast.Call):
                continue
            name = source.dotted(call.func).rsplit(".", 1)[-1]
            if name in _FINDERS or _centred_pivot(source, call):
                yield Location(
                    line=call.lineno,
                    message="A swing point is marked on its own bar; it is known only when later bars have "
                    "confirmed it.",
                )


def _centred_pivot(source: Source, node: ast.Call) -> bool:
    if not (isinstance(node.func, ast.Attribute) and node.func.attr == "rolling"):
        return False
    centred = any(item.arg == "center" and ast.unparse(item.value) == "True" for item in node.keywords)
    around = [item for item in source.above(node) if isinstance(item, ast.Compare)]
    shifted = any(isinstance(item, ast.Attribute) and item.attr == "shift" for item in source.above(node))
    return centred and any(isinstance(item.ops[0], ast.Eq) for item in around) and not shifted


def _rewrite(source: Source) -> str | None:
    if source.module is None:
        return None
    reach: dict[str, str] = {}
    for function in functions_of_init(source):
        for _, loop, distance in _ahead(source, function):
            reach[loop] = distance

    def delay(node: cst.CSTNode) -> cst.CSTNode | None:
        if (
            isinstance(node, cst.Assign)
            and len(node.targets) == 1
            and isinstance(node.targets[0].target, cst.Subscript)
        ):
            target = node.targets[0].target
            place = text(target.slice[0].slice)
            if place in reach:
                index = cst.SubscriptElement(cst.Index(expression(f"{place} + {reach[place]}")))
                return node.with_changes(
                    targets=[node.targets[0].with_changes(target=target.with_changes(slice=[index]))]
                )
        if isinstance(node, cst.Comparison) and isinstance(node.comparisons[0].operator, cst.Equal):
            written = text(node)
            found = re.search(r"rolling\((?:window=)?([^,()]+),\s*center=True\)", written)
            if found:
                return expression(
                    f"({written}).shift(({found[1]}) // 2, fill_value=False)".replace(
                        f"({found[1]}) //", f"{found[1]} //"
                    )
                )
        return None

    names = tuple(f.name for f in functions_of_init(source) if isinstance(f, ast.FunctionDef))
    module = apply(source.module, delay, within=names)
    return changed_text(source, module)


RULE = Rule(
    code="late_pivot",
    family="look_ahead",
    severity="error",
    after_run="error",
    title="A swing point before it is confirmed",
    explanation="A swing high or low is known only after the bars that confirm it; here it is marked on its own bar.",
    hint="Write the mark to the bar that confirms it: `mark[i + k] = …`.",
    example=example(
        top="import numpy as np\n\n\ndef lows(low, k=5):\n    mark = np.zeros(len(low))\n"
        "    for i in range(k, len(low) - k):\n"
        "        mark[i] = low[i] == low[i - k:i + k + 1].min()\n    return mark",
        more_init="self.low = self.I(lows, self.data.Low)",
        next="if not self.position and self.low[-1] and self.fast[-1] > self.slow[-1]:\n "
        "   self.buy()\nelif self.fast[-1] < self.slow[-1]:\n    self.position.close()",
    ),
    check_source=_check_source,
    rewrite=_rewrite,
    covers=("future_seen", "future_row", "centred_window", "package_not_available"),
)
