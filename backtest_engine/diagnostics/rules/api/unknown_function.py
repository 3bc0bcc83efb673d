"""A function that backtesting.lib does not have, most often `crossunder`."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import (
    apply,
    changed_text,
    dotted,
    expression,
    text,
    with_import,
    without_import,
)
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.vocabulary import UNKNOWN_FUNCTIONS


def _name(source: Source, node: ast.Call) -> str:
    label = source.dotted(node.func)
    name = label.rsplit(".", 1)[-1]
    own = name in source.methods or name in source.functions
    return name if name in UNKNOWN_FUNCTIONS and label.count(".") <= 2 and not own else ""


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.every(ast.ImportFrom):
        for alias in node.names:
            if (node.module or "").startswith("backtesting") and alias.name in UNKNOWN_FUNCTIONS:
                yield Location(line=node.lineno, message=_say(alias.name))
    for call in source.every(ast.Call):
        if name := _name(source, call):
            yield Location(line=call.lineno, message=_say(name))


def _say(name: str) -> str:
    means = UNKNOWN_FUNCTIONS[name].format(first="a", second="b")
    return f"backtesting.py has no `{name}`; `{means}` says the same of `{name}(a, b)`."


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    for name in UNKNOWN_FUNCTIONS:
        if f"'{name}'" in raised:
            yield Location(line=raised.line, message=_say(name))


def _rewrite(source: Source) -> str | None:
    if source.module is None:
        return None
    used: set[str] = set()

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if not isinstance(node, cst.Call):
            return None
        label = dotted(node.func)
        name = label.rsplit(".", 1)[-1]
        pattern = UNKNOWN_FUNCTIONS.get(name, "")
        if not pattern or name in source.methods or name in source.functions or not node.args:
            return None
        first = text(node.args[0].value)
        second = text(node.args[1].value) if len(node.args) > 1 else ""
        if "{second}" in pattern and not second:
            return None
        used.add(pattern.split("(")[0])
        return expression(pattern.format(first=first, second=second))

    module = apply(source.module, change)
    for name in set(source.imports) & set(UNKNOWN_FUNCTIONS):
        module = without_import(module, name)
    for name in sorted(used):
        if name not in source.imports:
            module = with_import(module, f"from backtesting.lib import {name}")
    return changed_text(source, module)


RULE = Rule(
    code="unknown_function",
    family="api",
    title="A function that does not exist",
    explanation="The code calls a function that backtesting.py does not have.",
    hint="`crossover(a, b)` is true on the bar where a crosses above b; `crossover(b, a)` where it crosses below.",
    example=example(
        next="if not self.position and crossover(self.fast, self.slow):\n    self.buy()\n"
        "elif self.position and crossunder(self.fast, self.slow):\n    self.position.close()"
    ).replace("import crossover", "import crossover, crossunder"),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("wrong_module_import", "undefined_name", "unknown_strategy_attribute"),
)
