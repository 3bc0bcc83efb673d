"""A library that strategies cannot import."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.definitions import Definition, find
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import (
    apply,
    changed_text,
    dotted,
    with_definitions,
    with_import,
    without_import,
)
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.vocabulary import AVAILABLE, FRAMEWORKS, REACHING_OUT


def _missing(source: Source) -> Iterable[tuple[ast.AST, str]]:
    """Return what the strategy imports."""
    for node in source.every(ast.Import):
        yield from ((node, alias.name) for alias in node.names)
    for node in source.every(ast.ImportFrom):
        if not node.level:
            yield node, node.module or ""


def _check_source(source: Source) -> Iterable[Location]:
    for node, name in _missing(source):
        package = name.split(".")[0]
        if package not in AVAILABLE | FRAMEWORKS | REACHING_OUT and package.lower() not in ("backtesting", "backtest"):
            yield Location(
                line=getattr(node, "lineno", None), message=f"The package `{package}` is not available to strategies."
            )


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    # What only the code's own backtest imports goes with it.
    if raised.type == "ModuleNotFoundError" and any(name in raised.message for _, name in _missing(source)):
        yield Location(line=raised.line, message=f"{raised.message}: the package is not available to strategies.")


def _rewrite(source: Source) -> str | None:
    if source.module is None:
        return None
    missing = {name.split(".")[0] for _, name in _missing(source)} - AVAILABLE - REACHING_OUT - FRAMEWORKS
    bound = {name: full for name, full in source.imports.items() if full.split(".")[0] in missing}
    needed: dict[str, Definition] = {
        name: definition._replace(name=name, code=_named(definition, name))
        for name, full in bound.items()
        if (definition := find(full)) is not None
    }
    replaced = set(needed)

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        head, _, rest = dotted(node).partition(".") if isinstance(node, cst.Attribute) else ("", "", "")
        definition = find(f"{bound[head]}.{rest}") if head in bound and rest else None
        if definition is None:
            return None
        name = definition.name if definition.name not in source.bound else f"compute_{definition.name}"
        needed[name] = definition._replace(name=name, code=_named(definition, name))
        return cst.Name(name)

    module = apply(source.module, change)
    for name in bound:
        if name in replaced or not _used(module, name):
            module = without_import(module, name)
    for definition in needed.values():
        for line in definition.imports:
            module = with_import(module, line)
    module = with_definitions(module, [definition.code for definition in needed.values()])
    return changed_text(source, module)


def _named(definition: Definition, name: str) -> str:
    code = definition.code.replace(f"def {definition.name}(", f"def {name}(", 1)
    return code.replace(f"class {definition.name}:", f"class {name}:", 1)


def _used(module: cst.Module, name: str) -> bool:
    tree = ast.parse(module.code)
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree))


RULE = Rule(
    code="package_not_available",
    family="import",
    severity="fatal",
    title="A package that is not available",
    explanation="The code imports a package that strategies cannot use.",
    hint=(
        "Write the indicator with pandas and numpy; only backtesting, numpy, pandas and the "
        "standard library's mathematics are there."
    ),
    example=example(
        top="import ta",
        init="self.fast = self.I(lambda: ta.trend.sma_indicator(self.data.Close.s, window=10))\n"
        "self.slow = self.I(SMA, self.data.Close, 20)",
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
)
