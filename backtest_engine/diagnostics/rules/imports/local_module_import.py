"""An import from a file of the author's own project."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.definitions import find_bare
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import apply, bound_name, changed_text, text, with_definitions, with_import
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.vocabulary import home_of

_OWN = frozenset(
    [
        "indicators", "indicator", "utils", "helpers", "helper", "common", "config", "settings", "strategy",
        "strategies", "base", "base_strategy", "my_indicators", "custom_indicators", "technical_indicators", "lib",
        "signals", "data_loader", "backtest_utils", "tools",
    ]
)  # fmt: skip


def _local(source: Source) -> Iterable[ast.ImportFrom]:
    for node in source.every(ast.ImportFrom):
        if node.level or (node.module or "").split(".")[0] in _OWN:
            yield node


def _check_source(source: Source) -> Iterable[Location]:
    for node in _local(source):
        yield Location(
            line=node.lineno, message=f"`{'.' * node.level}{node.module or ''}` is a file that is not part of the code."
        )


def _rewrite(source: Source) -> str | None:
    names = {alias.name: alias.asname or alias.name for node in _local(source) for alias in node.names}
    if source.module is None or not names or any(not find_bare(n) and not home_of(n) for n in names):
        return None

    def change(node: cst.CSTNode) -> cst.CSTNode | cst.RemovalSentinel | None:
        if isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
            own = node.module is None or bool(node.relative) or text(node.module).split(".")[0] in _OWN
            if own and all(bound_name(alias) in names.values() for alias in node.names):
                return cst.RemoveFromParent()
        return None

    module = apply(source.module, change)
    for name, bound in names.items():
        home = home_of(name)
        definition = find_bare(name)
        if home:
            place, right = home.split(":")
            module = with_import(module, f"from {place} import {right}" + (f" as {bound}" if bound != right else ""))
        elif definition:
            for line in definition.imports:
                module = with_import(module, line)
            module = with_definitions(module, [definition.code.replace(f"def {name}(", f"def {bound}(")])
    return changed_text(source, module)


RULE = Rule(
    code="local_module_import",
    family="import",
    title="Imports a file that is not here",
    explanation="The code imports from another file of its author's project; a strategy is one file.",
    hint="Put everything the strategy needs into this one file.",
    example=example(
        top="from utils import RSI",
        more_init="self.r = self.I(RSI, self.data.Close, 14)",
        next="if self.r[-1] < 30 and self.fast[-1] > self.slow[-1]:\n    self.buy()",
    ),
    check_source=_check_source,
    rewrite=_rewrite,
    covers=("package_not_available",),
)
